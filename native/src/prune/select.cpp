#include "prune/select.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "core/error.h"
#include "core/team.h"

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

namespace {

// Runs body(tensor, begin, end) over a thread's share of all elements, in their order; begin is a multiple of kWordBits.
template <typename Body>
void over_share(std::span<const Tensor> tensors, int thread, int threads, const Body& body) {
  int64_t words = 0;
  for (const Tensor& tensor : tensors) {
    words += (tensor.size + kWordBits - 1) / kWordBits;
  }
  const Share own = share_of(words, thread, threads);
  int64_t first = 0;
  for (const Tensor& tensor : tensors) {
    const int64_t here = (tensor.size + kWordBits - 1) / kWordBits;
    const int64_t begin = std::max(own.begin - first, int64_t{0});
    const int64_t end = std::min(own.end - first, here);
    if (begin < end) {
      body(tensor, begin * kWordBits, std::min(end * kWordBits, tensor.size));
    }
    first += here;
  }
}

// Threads that have little to do cost more than they bring.
constexpr int64_t kLeastForAThread = 1 << 18;

}  // namespace

void select_largest(const float* values, std::span<const Tensor> tensors, int64_t keep, BitMask& mask, int offered) {
  int64_t size = 0;
  for (const Tensor& tensor : tensors) {
    size += tensor.size;
  }
  Team team(static_cast<int>(std::clamp<int64_t>(size / kLeastForAThread, 1, offered)));
  const int threads = team.size();
  // After each pass: the K-th largest magnitude starts with `prefix` (above the pass's digit), and `wanted` elements
  // are still to be taken among those that start so; all with a larger prefix are in.
  uint32_t prefix = 0;
  int64_t wanted = keep;
  std::vector<std::vector<int64_t>> counts(static_cast<std::size_t>(threads));
  std::vector<int64_t> equals(counts.size());  // to the K-th magnitude, by thread
  for (const Digit digit : kDigits) {
    // Four tables a thread, so that runs of equal digits do not wait for one counter's last store.
    const auto buckets = std::size_t{1} << digit.bits;
    const uint32_t digit_mask = static_cast<uint32_t>(buckets - 1);
    const int above = digit.shift + digit.bits;
    const uint32_t top = above >= 31 ? 0 : prefix >> above;
    team.run([&](int thread) {
      std::vector<int64_t>& own = counts[static_cast<std::size_t>(thread)];
      own.assign(4 * buckets, 0);
      over_share(tensors, thread, threads, [&](const Tensor& tensor, int64_t begin, int64_t end) {
        const float* x = values + tensor.offset;
        for (int64_t i = begin; i < end; ++i) {
          const uint32_t bits = magnitude_bits(x[i]);
          if (above >= 31) {
            if (bits >= kInfinity) {
              throw Error(kErrorDiverged, tensor.name + "[" + std::to_string(i) +
                                              "] is not finite, so its magnitude can't be ranked: training diverged");
            }
          } else if (bits >> above != top) {
            continue;
          }
          ++own[static_cast<std::size_t>(i & 3) * buckets + ((bits >> digit.shift) & digit_mask)];
        }
      });
    });
    std::size_t bucket = buckets;
    while (bucket > 0) {
      --bucket;
      int64_t here = 0;
      for (std::size_t t = 0; t < counts.size(); ++t) {
        const std::vector<int64_t>& own = counts[t];
        equals[t] = own[bucket] + own[buckets + bucket] + own[2 * buckets + bucket] + own[3 * buckets + bucket];
        here += equals[t];
      }
      if (here >= wanted) {
        break;
      }
      wanted -= here;
    }
    prefix |= static_cast<uint32_t>(bucket) << digit.shift;
  }

  // prefix is now the K-th magnitude itself and `wanted` how many of its equals are kept: the first ones.
  team.run([&](int thread) {
    int64_t left = wanted;
    for (int t = 0; t < thread; ++t) {
      left -= std::min(left, equals[static_cast<std::size_t>(t)]);
    }
    over_share(tensors, thread, threads, [&](const Tensor& tensor, int64_t first, int64_t last) {
      const float* x = values + tensor.offset;
      for (int64_t begin = first; begin < last; begin += kWordBits) {
        const int64_t end = std::min(begin + kWordBits, last);
        uint64_t word = 0;
        for (int64_t i = begin; i < end; ++i) {
          const uint32_t bits = magnitude_bits(x[i]);
          bool kept = bits > prefix;
          if (bits == prefix && left > 0) {
            kept = true;
            --left;
          }
          word |= static_cast<uint64_t>(kept) << (i - begin);
        }
        mask.word((tensor.offset + begin) / kWordBits) = word;
      }
    });
  });
}

namespace {

std::vector<int64_t> floors_of(std::span<const Tensor> tensors, double ratio, int64_t keep) {
  std::vector<int64_t> floors;
  for (const Tensor& tensor : tensors) {
    floors.push_back(std::max<int64_t>(1, (keep_count(tensor.size, ratio) + 1) / 2));
  }
  if (std::accumulate(floors.begin(), floors.end(), int64_t{0}) > keep) {
    floors.assign(tensors.size(), static_cast<int64_t>(tensors.size()) <= keep ? 1 : 0);
  }
  return floors;
}

}  // namespace

int64_t select_by_rule(const Selector& select, std::span<const Tensor> tensors, double ratio, PruningRule rule, BitMask& mask) {
  if (rule == kPrunePerLayer) {
    int64_t kept = 0;
    for (const Tensor& tensor : tensors) {
      const int64_t keep = keep_count(tensor.size, ratio);
      select({&tensor, 1}, keep, mask);
      kept += keep;
    }
    return kept;
  }
  int64_t size = 0;
  for (const Tensor& tensor : tensors) {
    size += tensor.size;
  }
  const int64_t keep = keep_count(size, ratio);
  select(tensors, keep, mask);
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
        select({&tensors[t], 1}, floors[t], mask);
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
      select(contest, left, mask);
    }
  }
  return keep;
}

}  // namespace pacnet
