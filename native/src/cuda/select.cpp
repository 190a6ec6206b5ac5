#include "cuda/select.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.h"
#include "cuda/device.h"
#include "cuda/select_kernels.h"
#include "prune/mask.h"

namespace pacnet::cuda {

namespace {

constexpr int64_t kMostBlocks = 2048;  // of a counting pass: enough to fill any GPU, and few tables to add up

Error not_finite(std::span<const Tensor> tensors, int64_t index) {
  for (const Tensor& tensor : tensors) {
    if (index >= tensor.offset && index < tensor.offset + tensor.size) {
      return {kErrorDiverged, tensor.name + "[" + std::to_string(index - tensor.offset) +
                                  "] is not finite, so its magnitude can't be ranked: training diverged"};
    }
  }
  return {kErrorInternal, "a number outside the tensors was ranked"};
}

}  // namespace

void select_largest(const float* values, std::span<const Tensor> tensors, int64_t keep, uint64_t* mask_words,
                    cudaStream_t stream) {
  std::vector<RankedWord> ranked;
  for (const Tensor& tensor : tensors) {
    for (int64_t w = tensor.offset / kWordBits; w * kWordBits < tensor.offset + tensor.size; ++w) {
      ranked.push_back({w, BitMask::inside(tensor, w)});
    }
  }
  const auto count = static_cast<int64_t>(ranked.size());
  DeviceBuffer<RankedWord> words(count);
  words.upload(ranked.data(), count, stream);
  SelectState start;
  start.wanted = static_cast<unsigned long long>(keep);
  DeviceBuffer<SelectState> state(1);
  state.upload(&start, 1, stream);

  const RankedNumbers numbers{values, words.data(), count};
  Grid counting = grid_for(count * kWordBits);
  counting.blocks = std::min(counting.blocks, kMostBlocks);
  for (int pass = 0; pass < kDigits; ++pass) {
    launch(CountDigits{numbers, state.data(), pass}, counting, stream);
    launch(ChooseDigit{state.data(), pass}, {1, 1}, stream);
  }
  const Grid marking = MarkWords::grid(count);
  DeviceBuffer<uint64_t> equal(count);
  DeviceBuffer<unsigned long long> equals(marking.blocks);
  launch(MarkWords{numbers, state.data(), mask_words, equal.data(), equals.data()}, marking, stream);
  launch(ScanEquals{equals.data(), marking.blocks}, {1, ScanEquals::kThreads}, stream);
  launch(KeepEquals{state.data(), words.data(), equal.data(), equals.data(), mask_words, count}, KeepEquals::grid(count),
         stream);
  SelectState end;
  state.download(&end, 1, stream);
  check(cudaStreamSynchronize(stream));
  if (end.bad != kNone) {
    throw not_finite(tensors, static_cast<int64_t>(end.bad));
  }
}

}  // namespace pacnet::cuda
