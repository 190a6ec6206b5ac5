// What a build without CUDA says.
#include "core/error.h"
#include "cuda/select.h"
#include "cuda/status.h"
#include "train/engine.h"
#include "train/many.h"

namespace pacnet {

namespace {

[[noreturn]] void refuse() { throw Error(kErrorDevice, cuda::status().words + ": take the device cpu"); }

}  // namespace

std::unique_ptr<Engine> device_engine(const DeviceFit& /*fit*/) { refuse(); }

GroupDevice group_device() {
  return {[]() -> std::size_t { refuse(); }, [](const GroupFit& /*fit*/) -> std::unique_ptr<GroupEngine> { refuse(); }};
}

namespace cuda {

Selector select_on_gpu(const float* /*values*/, const Layout& /*layout*/) { refuse(); }

Status status() { return {false, "this build of pacnet has no CUDA support"}; }

}  // namespace cuda

}  // namespace pacnet
