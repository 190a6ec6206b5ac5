#include "core/omp.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>

namespace pacnet {

namespace {

// at::set_num_threads would change what every new thread of the process starts with. OpenMP's own function changes this
// thread alone; it is LibTorch's OpenMP that is meant, under whatever name its library goes.
void set_threads(int threads) {
  static const auto omp_set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  if (omp_set != nullptr) {
    omp_set(threads);
  } else {
    at::set_num_threads(threads);
  }
}

}  // namespace

// Asking first also has LibTorch set up this thread, which it would otherwise do over our setting.
OmpThreads::OmpThreads(int threads) : before_(at::get_num_threads()) { set_threads(threads); }

OmpThreads::~OmpThreads() { set_threads(before_); }

}  // namespace pacnet
