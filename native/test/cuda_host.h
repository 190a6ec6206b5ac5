// The host in place of a GPU. Its memory is of pages of its own, so that what is read or written past an end, or after it was given back,
// ends the process there; and full of bits that no number has until it is written.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <list>
#include <memory>
#include <new>

#include "core/blas.h"
#include "cuda/grid.h"

namespace pacnet::test {

struct HostStream {};

template <typename T>
class HostBuffer {
 public:
  explicit HostBuffer(int64_t size) : size_(size) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t bytes = static_cast<std::size_t>(size) * sizeof(T);
    const std::size_t room = (bytes + page - 1) / page * page;
    mapped_ = room + 2 * page;
    void* pages = mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || (room > 0 && mprotect(static_cast<char*>(pages) + page, room, PROT_READ | PROT_WRITE) != 0)) {
      throw std::bad_alloc();
    }
    pages_ = static_cast<char*>(pages);
    data_ = reinterpret_cast<T*>(pages_ + page + room - bytes);
    std::memset(pages_ + page, 0xff, room);
  }
  ~HostBuffer() { munmap(pages_, mapped_); }
  HostBuffer(const HostBuffer&) = delete;
  HostBuffer& operator=(const HostBuffer&) = delete;

  T* data() { return data_; }
  const T* data() const { return data_; }
  int64_t size() const { return size_; }
  void upload(const T* from, int64_t count, HostStream /*stream*/) {
    EXPECT_LE(count, size_);
    std::copy_n(from, count, data_);
  }
  void download(T* to, int64_t count, HostStream /*stream*/) const {
    EXPECT_LE(count, size_);
    std::copy_n(data_, count, to);
  }
  void clear(HostStream /*stream*/) { std::memset(static_cast<void*>(data_), 0, static_cast<std::size_t>(size_) * sizeof(T)); }

 private:
  char* pages_;
  std::size_t mapped_;
  T* data_;
  int64_t size_;
};

class Host {
 public:
  template <typename T>
  using Buffer = HostBuffer<T>;
  using Pinned = HostBuffer<float>;
  struct Event {
    void record(HostStream /*stream*/) {}
    void wait() {}
  };
  // Capturing does nothing yet; launching does all of it.
  struct Graph {
    std::function<void()> body;
    void launch(HostStream /*stream*/) const { body(); }
  };
  struct Nothing {
    ~Nothing() {}  // NOLINT: so that it counts as used
  };

  static HostStream stream() { return {}; }
  static at::Device device() { return at::kCPU; }
  static Nothing current() { return {}; }
  static Nothing operations() { return {}; }
  static void synchronize() {}
  static std::size_t free_bytes() { return std::size_t{1} << 30; }
  static bool captures() { return true; }
  template <typename Body>
  std::unique_ptr<Graph> capture(const Body& body) {
    return std::make_unique<Graph>(Graph{body});
  }

  float* floats(int64_t count) { return float_rooms_.emplace_back(count).data(); }
  double* doubles(int64_t count) { return double_rooms_.emplace_back(count).data(); }
  template <typename Kernel>
  void run(const Kernel& kernel, cuda::Grid grid) {
    cuda::run_on_host(kernel, grid);
  }
  void product_nt(int64_t rows, int64_t cols, int64_t inner, const float* a, const float* b, float* c) {
    gemm_nt(rows, cols, inner, a, inner, b, inner, c, cols);
  }
  void product_nn(int64_t rows, int64_t cols, int64_t inner, const float* a, const float* b, float* c) {
    gemm_nn(rows, cols, inner, a, inner, b, cols, c, cols);
  }
  void product_tn(int64_t rows, int64_t cols, int64_t inner, const float* a, const float* b, float* c) {
    gemm_tn(rows, cols, inner, a, rows, b, cols, c, cols);
  }

 private:
  std::list<HostBuffer<float>> float_rooms_;
  std::list<HostBuffer<double>> double_rooms_;
};

}  // namespace pacnet::test
