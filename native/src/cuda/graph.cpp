#include "cuda/graph.h"

// The CPU's LibTorch has CUDA's headers, but not the one that its build writes.
#define C10_CUDA_NO_CMAKE_CONFIGURE_FILE
#include <c10/cuda/CUDACachingAllocator.h>
#include <dlfcn.h>

#include <atomic>

namespace pacnet::cuda {

namespace {

using c10::cuda::CUDACachingAllocator::CUDAAllocator;

// A symbol of LibTorch's part for GPUs or of what that needs, null where there is none; by name, so that this library asks
// for no CUDA library.
void* symbol(const char* name) {
  void* library = dlopen("libc10_cuda.so", RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) {
    return nullptr;
  }
  void* found = dlsym(library, name);
  dlclose(library);
  return found;
}

CUDAAllocator* allocator() {
  const void* found = symbol("_ZN3c104cuda20CUDACachingAllocator9allocatorE");
  return found == nullptr ? nullptr : static_cast<const std::atomic<CUDAAllocator*>*>(found)->load();
}

// Newer LibTorches want to be told apart from the pool that a capture is under way.
template <typename Allocator>
void mark_capture(Allocator& allocator, c10::DeviceIndex device, bool begins) {
  if constexpr (requires { allocator.markCaptureBegin(device); }) {
    begins ? allocator.markCaptureBegin(device) : allocator.markCaptureEnd(device);
  }
}

class TorchPool final : public CapturePool {
 public:
  explicit TorchPool(CUDAAllocator& allocator) : allocator_(allocator), id_{next_id(), 0} {
    int current = 0;
    check(cudaGetDevice(&current));
    device_ = static_cast<c10::DeviceIndex>(current);
  }
  ~TorchPool() override {
    for (; uses_ > 0; --uses_) {  // each begin() counts as one
      allocator_.releasePool(device_, id_);
    }
  }
  TorchPool(const TorchPool&) = delete;
  TorchPool& operator=(const TorchPool&) = delete;

  void begin(cudaStream_t stream) override {
    allocator_.beginAllocateToPool(device_, id_, [stream](cudaStream_t other) { return other == stream; });
    ++uses_;
    mark_capture(allocator_, device_, true);
  }
  void end() override {
    mark_capture(allocator_, device_, false);
    allocator_.endAllocateToPool(device_, id_);
  }
  void forget_error() override {
    if (void* last = symbol("cudaGetLastError"); last != nullptr) {
      reinterpret_cast<cudaError_t (*)()>(last)();  // NOLINT: that is its type
    }
  }

 private:
  // PyTorch counts its own from one; ours are far from them.
  static c10::CaptureId_t next_id() {
    static std::atomic<c10::CaptureId_t> last{c10::CaptureId_t{1} << 48};
    return ++last;
  }

  CUDAAllocator& allocator_;
  c10::MempoolId_t id_;
  c10::DeviceIndex device_ = 0;
  int uses_ = 0;
};

}  // namespace

std::unique_ptr<CapturePool> CapturePool::make() {
  CUDAAllocator* found = allocator();
  return found == nullptr ? nullptr : std::make_unique<TorchPool>(*found);
}

}  // namespace pacnet::cuda
