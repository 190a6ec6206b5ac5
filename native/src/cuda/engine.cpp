#include "cuda/engine.h"

#include "cuda/gpu.h"

namespace pacnet {

std::unique_ptr<Engine> device_engine(const DeviceFit& fit) {
  return std::make_unique<cuda::DeviceEngine<cuda::Gpu>>(fit, fit.options.precision == kTensorFloat32);
}

}  // namespace pacnet
