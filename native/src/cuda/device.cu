#include "cuda/device.h"

#include <dlfcn.h>

#include <string>

#include "core/error.h"
#include "cuda/status.h"

namespace pacnet::cuda {

namespace {

std::string advice(cudaError_t status) {
  switch (status) {
    case cudaErrorMemoryAllocation:
      return "the GPU's memory is full: take a smaller batch or network, or the device cpu";
    case cudaErrorNoDevice:
    case cudaErrorInvalidDevice:
      return "there is no NVIDIA GPU: take the device cpu";
    case cudaErrorInsufficientDriver:
    case cudaErrorSystemDriverMismatch:
      return "the NVIDIA driver is too old for CUDA " + std::to_string(CUDART_VERSION / 1000) + "." +
             std::to_string(CUDART_VERSION % 1000 / 10) + ": update it, or take the device cpu";
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorUnsupportedPtxVersion:
      return "this build has no code for this GPU: build with its architecture in PACNET_CUDA_ARCHITECTURES";
    case cudaErrorDevicesUnavailable:
    case cudaErrorECCUncorrectable:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchFailure:
      return "the GPU failed and can't be used by this process any more: start it again";
    default:
      return "the GPU refused";
  }
}

}  // namespace

void check(cudaError_t status) {
  if (status == cudaSuccess) {
    return;
  }
  cudaGetLastError();  // it would be reported again by whoever asks next
  const bool memory = status == cudaErrorMemoryAllocation;
  throw Error(memory ? kErrorOutOfMemory : kErrorDevice,
              advice(status) + " (" + cudaGetErrorName(status) + ": " + cudaGetErrorString(status) + ")");
}

Status device_status() {
  // The runtime calls a driver that is not there too old.
  void* driver = dlopen("libcuda.so.1", RTLD_LAZY);
  if (driver == nullptr) {
    return {false, "there is no NVIDIA driver (libcuda.so.1)"};
  }
  dlclose(driver);
  int count = 0;
  const cudaError_t found = cudaGetDeviceCount(&count);
  if (found != cudaSuccess || count == 0) {
    cudaGetLastError();
    return {false, advice(found == cudaSuccess ? cudaErrorNoDevice : found)};
  }
  cudaDeviceProp properties{};
  int device = 0;
  if (cudaGetDevice(&device) != cudaSuccess || cudaGetDeviceProperties(&properties, device) != cudaSuccess) {
    cudaGetLastError();
    return {false, advice(cudaErrorDevicesUnavailable)};
  }
  return {true, std::string(properties.name) + ", compute capability " + std::to_string(properties.major) + "." +
                    std::to_string(properties.minor) + ", " + std::to_string(properties.totalGlobalMem >> 30) + " GiB"};
}

}  // namespace pacnet::cuda
