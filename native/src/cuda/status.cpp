#include "cuda/status.h"

#include <ATen/Context.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <string>

#include "cuda/device.h"

namespace pacnet::cuda {

namespace {

// LibTorch's part for GPUs, which nothing is linked to: it lies beside the CPU's. Returns what is in the way, empty if
// nothing is.
std::string load_torch_cuda() {
  if (!device_status().usable) {
    return "";  // and 1 GB need not be mapped
  }
  Dl_info cpu{};
  std::string path = "libtorch_cuda.so";
  if (dladdr(reinterpret_cast<const void*>(&at::globalContext), &cpu) != 0 && cpu.dli_fname != nullptr) {
    const std::string file = cpu.dli_fname;
    path = file.substr(0, file.rfind('/') + 1) + path;
  }
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    const char* said = dlerror();
    return said == nullptr ? path : said;
  }
  return "";
}

// When this library is loaded: LibTorch looks once for its parts, ATen at the first question about CUDA and autograd at the
// first way back, and keeps to what it found.
const std::string missing = load_torch_cuda();

// By its own account; empty where it says nothing.
std::string running_version() {
  const std::string config = at::show_config();
  const std::string key = "TORCH_VERSION=";
  const std::size_t at = config.find(key);
  return at == std::string::npos ? "" : config.substr(at + key.size(), config.find_first_of(", \n", at) - at - key.size());
}

// "2.13" of "2.13.0+cpu"
std::string release(const std::string& version) { return version.substr(0, version.find('.', version.find('.') + 1)); }

}  // namespace

Status status() {
  Status found = device_status();
  if (!found.usable) {
    return found;
  }
  // Its allocator is called through a table of functions that no linker checks (graph.cpp).
  const std::string running = running_version();
  if (!running.empty() && release(running) != release(TORCH_VERSION)) {
    return {false, "this build is for LibTorch " TORCH_VERSION ", and LibTorch " + running + " is loaded"};
  }
  if (!missing.empty()) {
    return {false, "there is a GPU (" + found.words + "), but LibTorch's part for it can't be loaded (" + missing +
                       "): install CUDA " + std::to_string(CUDART_VERSION / 1000) + " and cuDNN 9"};
  }
  if (!at::hasCUDA()) {
    return {false, "there is a GPU (" + found.words + "), but this LibTorch is one for CPUs"};
  }
  return found;
}

}  // namespace pacnet::cuda
