#include "cuda/gpu.h"

#include <optional>

#include "core/error.h"
#include "cuda/status.h"

namespace pacnet::cuda {

ThreadStream::ThreadStream() {
  int index = 0;
  check(cudaGetDevice(&index));
  index_ = static_cast<c10::DeviceIndex>(index);
  check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
}

ThreadStream& ThreadStream::get() {
  const Status found = status();
  if (!found.usable) {
    throw Error(kErrorDevice, found.words);
  }
  at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);
  thread_local std::optional<ThreadStream> own;
  int index = 0;
  check(cudaGetDevice(&index));
  if (!own || own->index_ != index) {
    own.emplace();
  }
  return *own;
}

namespace {

std::mutex settings;

}  // namespace

Numerics::Numerics(bool tensor_float32) : alone_(settings) {
  at::Context& torch = at::globalContext();
  products_ = torch.allowTF32CuBLAS();
  convolutions_ = torch.allowTF32CuDNN();
  deterministic_ = torch.deterministicCuDNN();
  torch.setAllowTF32CuBLAS(tensor_float32);
  torch.setAllowTF32CuDNN(tensor_float32);  // LibTorch would let convolutions have it unless told otherwise
  torch.setDeterministicCuDNN(true);
}

Numerics::~Numerics() {
  at::Context& torch = at::globalContext();
  torch.setAllowTF32CuBLAS(products_);
  torch.setAllowTF32CuDNN(convolutions_);
  torch.setDeterministicCuDNN(deterministic_);
}

}  // namespace pacnet::cuda
