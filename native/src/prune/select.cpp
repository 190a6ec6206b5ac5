#include "prune/select.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "core/error.h"

namespace pacnet {

namespace {

// |x| as an integer has 31 bits: digits of 11, 10 and 10 bits from the top.
struct Digit {
  int shift;
  int bits;
};
constexpr std::array<Digit, 3> kDigits = {{{20, 11}, {10, 10}, {0, 10}}};
constexpr uint32_t kInfinity = 0x7f800000U;

uint32_t magnitude_bits(float x) { return std::bit_cast<uint32_t>(x) & 0x7fffffffU; }

}  // namespace

int64_t keep_count(int64_t size, double ratio) { return std::llround((1.0 - ratio) * static_cast<double>(size)); }

void select_largest(const float* values, std::span<const Tensor> tensors, int64_t keep, BitMask& mask) {
  // After each pass: the K-th largest magnitude starts with `prefix` (above the pass's digit), and `wanted` elements
  // are still to be taken among those that start so; all with a larger prefix are in.
  uint32_t prefix = 0;
  int64_t wanted = keep;
  for (const Digit digit : kDigits) {
    // Four tables, so that runs of equal digits do not wait for one counter's last store.
    const auto buckets = std::size_t{1} << digit.bits;
    std::vector<int64_t> counts(4 * buckets, 0);
    const uint32_t digit_mask = static_cast<uint32_t>(buckets - 1);
    const int above = digit.shift + digit.bits;
    const uint32_t top = above >= 31 ? 0 : prefix >> above;
    for (const Tensor& tensor : tensors) {
      const float* x = values + tensor.offset;
      for (int64_t i = 0; i < tensor.size; ++i) {
        const uint32_t bits = magnitude_bits(x[i]);
        if (above >= 31) {
          if (bits >= kInfinity) {
            throw Error(kErrorDiverged, tensor.name + "[" + std::to_string(i) +
                                            "] is not finite, so its magnitude can't be ranked: training diverged");
          }
        } else if (bits >> above != top) {
          continue;
        }
        ++counts[static_cast<std::size_t>(i & 3) * buckets + ((bits >> digit.shift) & digit_mask)];
      }
    }
    std::size_t bucket = buckets;
    while (bucket > 0) {
      --bucket;
      const int64_t here =
          counts[bucket] + counts[buckets + bucket] + counts[2 * buckets + bucket] + counts[3 * buckets + bucket];
      if (here >= wanted) {
        break;
      }
      wanted -= here;
    }
    prefix |= static_cast<uint32_t>(bucket) << digit.shift;
  }

  // prefix is now the K-th magnitude itself and `wanted` how many of its equals are kept.
  for (const Tensor& tensor : tensors) {
    mask.fill(tensor, false);
    const float* x = values + tensor.offset;
    for (int64_t begin = 0; begin < tensor.size; begin += kWordBits) {
      const int64_t end = std::min(begin + kWordBits, tensor.size);
      uint64_t word = 0;
      for (int64_t i = begin; i < end; ++i) {
        const uint32_t bits = magnitude_bits(x[i]);
        bool kept = bits > prefix;
        if (bits == prefix && wanted > 0) {
          kept = true;
          --wanted;
        }
        word |= static_cast<uint64_t>(kept) << (i - begin);
      }
      mask.word((tensor.offset + begin) / kWordBits) = word;
    }
  }
}

namespace {

std::vector<int64_t> floors_of(std::span<const Tensor> tensors, double ratio, int64_t keep) {
  std::vector<int64_t> floors;
  for (const Tensor& tensor : tensors) {
    floors.push_back((keep_count(tensor.size, ratio) + 1) / 2);
  }
  if (std::accumulate(floors.begin(), floors.end(), int64_t{0}) > keep) {
    floors.assign(tensors.size(), static_cast<int64_t>(tensors.size()) <= keep ? 1 : 0);
  }
  return floors;
}

}  // namespace

int64_t select_by_rule(const float* values, std::span<const Tensor> tensors, double ratio, PruningRule rule,
                       BitMask& mask) {
  if (rule == kPrunePerLayer) {
    int64_t kept = 0;
    for (const Tensor& tensor : tensors) {
      const int64_t keep = keep_count(tensor.size, ratio);
      select_largest(values, {&tensor, 1}, keep, mask);
      kept += keep;
    }
    return kept;
  }
  int64_t size = 0;
  for (const Tensor& tensor : tensors) {
    size += tensor.size;
  }
  const int64_t keep = keep_count(size, ratio);
  select_largest(values, tensors, keep, mask);
  if (rule == kPrunePlain) {
    return keep;
  }
  // A tensor below its floor gets it and leaves the contest; the others then share less, so more may fall below.
  const std::vector<int64_t> floors = floors_of(tensors, ratio, keep);
  std::vector<bool> at_floor(tensors.size());
  for (bool changed = true; changed;) {
    changed = false;
    int64_t left = keep;
    std::vector<Tensor> contest;
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      if (!at_floor[t] && mask.count(tensors[t]) < floors[t]) {
        select_largest(values, {&tensors[t], 1}, floors[t], mask);
        at_floor[t] = true;
        changed = true;
      }
      if (at_floor[t]) {
        left -= floors[t];
      } else {
        contest.push_back(tensors[t]);
      }
    }
    if (changed) {
      select_largest(values, contest, left, mask);
    }
  }
  return keep;
}

}  // namespace pacnet
