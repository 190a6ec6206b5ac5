#include "cuda/select.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "cuda/gpu.h"
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

class Selection {
 public:
  Selection(const float* values, const Layout& layout)
      : stream_(ThreadStream::get().native()),
        ranked_(layout),
        words_(layout.extent() / kWordBits),
        found_(static_cast<std::size_t>(words_)),
        marking_(MarkWords::grid(words_)),
        values_(layout.extent()),
        lanes_(words_),
        mask_(words_),
        equal_(words_),
        equals_(marking_.blocks),
        state_(1) {
    values_.upload(values, values_.size(), stream_);
  }

  void run(std::span<const Tensor> tensors, int64_t keep, BitMask& mask) {
    for (const Tensor& tensor : tensors) {
      ranked_.fill(tensor, true);
    }
    lanes_.upload(ranked_.words(), words_, stream_);
    SelectState state;
    state.wanted = static_cast<unsigned long long>(keep);
    state_.upload(&state, 1, stream_);
    const RankedNumbers numbers{values_.data(), lanes_.data(), words_};
    Grid counting = grid_for(words_ * 16);
    counting.blocks = std::min(counting.blocks, kMostBlocks);
    for (int pass = 0; pass < kDigits; ++pass) {
      launch(CountDigits{numbers, state_.data(), pass}, counting, stream_);
      launch(ChooseDigit{state_.data(), pass}, {1, ChooseDigit::kThreads}, stream_);
    }
    launch(MarkWords{numbers, state_.data(), mask_.data(), equal_.data(), equals_.data()}, marking_, stream_);
    launch(ScanEquals{equals_.data(), marking_.blocks}, {1, ScanEquals::kThreads}, stream_);
    launch(KeepEquals{state_.data(), equal_.data(), equals_.data(), mask_.data(), words_}, KeepEquals::grid(words_), stream_);
    state_.download(&state, 1, stream_);
    mask_.download(found_.data(), words_, stream_);
    check(cudaStreamSynchronize(stream_));
    for (const Tensor& tensor : tensors) {
      ranked_.fill(tensor, false);
    }
    if (state.bad != kNone) {
      throw not_finite(tensors, static_cast<int64_t>(state.bad));
    }
    for (const Tensor& tensor : tensors) {
      for (int64_t w = tensor.offset / kWordBits; w * kWordBits < tensor.offset + tensor.size; ++w) {
        mask.word(w) = found_[static_cast<std::size_t>(w)];
      }
    }
  }

 private:
  cudaStream_t stream_;
  BitMask ranked_;
  int64_t words_;
  std::vector<uint64_t> found_;
  Grid marking_;
  DeviceBuffer<float> values_;
  DeviceBuffer<uint64_t> lanes_;
  DeviceBuffer<uint64_t> mask_;
  DeviceBuffer<uint64_t> equal_;
  DeviceBuffer<unsigned long long> equals_;
  DeviceBuffer<SelectState> state_;
};

}  // namespace

Selector select_on_gpu(const float* values, const Layout& layout) {
  const auto selection = std::make_shared<Selection>(values, layout);
  return [selection](std::span<const Tensor> tensors, int64_t keep, BitMask& mask) { selection->run(tensors, keep, mask); };
}

}  // namespace pacnet::cuda
