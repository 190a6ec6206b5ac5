#include "cuda/status.h"

#include <ATen/Context.h>
#include <dlfcn.h>

#include <mutex>
#include <string>

#include "cuda/device.h"

namespace pacnet::cuda {

namespace {

// LibTorch's part for GPUs, which nothing is linked to: it lies beside the CPU's, and says by itself that it is there. Empty
// where it is, otherwise which library is missing.
const std::string& load_torch_cuda() {
  static std::once_flag once;
  static std::string missing;
  std::call_once(once, [] {
    if (at::hasCUDA()) {
      return;
    }
    Dl_info cpu{};
    std::string path = "libtorch_cuda.so";
    if (dladdr(reinterpret_cast<const void*>(&at::globalContext), &cpu) != 0 && cpu.dli_fname != nullptr) {
      const std::string file = cpu.dli_fname;
      path = file.substr(0, file.rfind('/') + 1) + path;
    }
    if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
      const char* said = dlerror();
      missing = said == nullptr ? path : said;
    } else if (!at::hasCUDA()) {
      missing = path + " is of no LibTorch that can use a GPU";
    }
  });
  return missing;
}

}  // namespace

Status status() {
  Status found = device_status();
  if (!found.usable) {
    return found;
  }
  const std::string& missing = load_torch_cuda();
  if (!missing.empty()) {
    return {false, "there is a GPU (" + found.words + "), but LibTorch's part for it can't be loaded (" + missing +
                       "): install CUDA " + std::to_string(CUDART_VERSION / 1000) + " and cuDNN 9"};
  }
  return found;
}

}  // namespace pacnet::cuda
