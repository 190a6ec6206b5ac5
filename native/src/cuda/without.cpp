// What a build without CUDA says.
#include "core/error.h"
#include "cuda/select.h"
#include "cuda/status.h"
#include "train/engine.h"

namespace pacnet {

std::unique_ptr<Engine> device_engine(const DeviceFit& /*fit*/) {
  throw Error(kErrorDevice, cuda::status().words + ": take the device cpu");
}

namespace cuda {

Selector select_on_gpu(const float* /*values*/, const Layout& /*layout*/) {
  throw Error(kErrorDevice, status().words + ": take the device cpu");
}

Status status() { return {false, "this build of pacnet has no CUDA support"}; }

}  // namespace cuda

}  // namespace pacnet
