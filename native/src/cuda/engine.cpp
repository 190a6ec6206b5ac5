#include "cuda/engine.h"

#include "cuda/gpu.h"
#include "cuda/group_engine.h"

namespace pacnet {

std::unique_ptr<Engine> device_engine(const DeviceFit& fit) {
  return std::make_unique<cuda::DeviceEngine<cuda::Gpu>>(fit, fit.options.precision == kTensorFloat32);
}

GroupDevice group_device() {
  return {cuda::Gpu::free_bytes,
          [](const GroupFit& fit) -> std::unique_ptr<GroupEngine> { return std::make_unique<cuda::DeviceGroup<cuda::Gpu>>(fit, false); }};
}

}  // namespace pacnet
