// What a fit on a GPU runs on: memory, a stream, kernels, products and graphs.
#pragma once

#include <ATen/Context.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/mm.h>
#include <c10/core/StreamGuard.h>

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include "cuda/device.h"
#include "cuda/graph.h"
#include "nn/tensor_form.h"
#include "pacnet/pacnet.h"

namespace pacnet::cuda {

/// A stream that LibTorch's operations can be put on too. A thread has one and keeps it: what LibTorch makes for a stream,
/// cuBLAS's workspace for one, is made once and not with each fit.
class ThreadStream {
 public:
  /// Of the calling thread on the current GPU. Throws kErrorDevice where there is none.
  static ThreadStream& get();

  ThreadStream();
  ~ThreadStream() { cudaStreamDestroy(stream_); }
  ThreadStream(const ThreadStream&) = delete;
  ThreadStream& operator=(const ThreadStream&) = delete;

  cudaStream_t native() const { return stream_; }
  at::Device device() const { return {c10::DeviceType::CUDA, index_}; }
  /// LibTorch takes a stream that it has not made by its address.
  c10::Stream torch() const {
    return c10::Stream(c10::Stream::UNSAFE, device(), reinterpret_cast<c10::StreamId>(stream_));  // NOLINT: that is its number
  }

 private:
  c10::DeviceIndex index_ = 0;
  cudaStream_t stream_ = nullptr;
};

/// How LibTorch computes while this lives. That is one setting for the whole process, so one thread at a time puts
/// operations on its stream; the GPU's work and the replay of graphs go on meanwhile.
class Numerics {
 public:
  explicit Numerics(bool tensor_float32);
  ~Numerics();
  Numerics(const Numerics&) = delete;
  Numerics& operator=(const Numerics&) = delete;

 private:
  std::unique_lock<std::mutex> alone_;
  bool products_;
  bool convolutions_;
  bool deterministic_;
};

class Gpu {
 public:
  template <typename T>
  using Buffer = DeviceBuffer<T>;
  using Pinned = PinnedBuffer;
  using Event = cuda::Event;
  using Graph = cuda::Graph;

  explicit Gpu(bool tensor_float32) : stream_(ThreadStream::get()), tensor_float32_(tensor_float32), pool_(CapturePool::make()) {}

  cudaStream_t stream() const { return stream_.native(); }
  at::Device device() const { return stream_.device(); }
  /// While it lives, what LibTorch does goes on the stream.
  c10::StreamGuard current() const { return c10::StreamGuard(stream_.torch()); }
  /// While it lives, operations of LibTorch may be put on the stream.
  Numerics operations() const { return Numerics(tensor_float32_); }
  void synchronize() const { check(cudaStreamSynchronize(stream())); }
  static std::size_t free_bytes() {
    std::size_t free = 0;
    std::size_t total = 0;
    check(cudaMemGetInfo(&free, &total));
    return free;
  }

  bool captures() const { return pool_ != nullptr; }
  template <typename Body>
  std::unique_ptr<Graph> capture(const Body& body) {
    return std::make_unique<Graph>(stream(), *pool_, body);
  }

  float* floats(int64_t count) { return float_rooms_.emplace_back(count).data(); }
  double* doubles(int64_t count) { return double_rooms_.emplace_back(count).data(); }
  template <typename Kernel>
  void run(const Kernel& kernel, Grid grid) {
    launch(kernel, grid, stream());
  }
  void product_nt(int64_t rows, int64_t cols, int64_t inner, const float* a, const float* b, float* c) {
    multiply(matrix(c, rows, cols), matrix(a, rows, inner), matrix(b, cols, inner).t());
  }
  void product_nn(int64_t rows, int64_t cols, int64_t inner, const float* a, const float* b, float* c) {
    multiply(matrix(c, rows, cols), matrix(a, rows, inner), matrix(b, inner, cols));
  }
  void product_tn(int64_t rows, int64_t cols, int64_t inner, const float* a, const float* b, float* c) {
    multiply(matrix(c, rows, cols), matrix(a, inner, rows).t(), matrix(b, inner, cols));
  }

 private:
  static void multiply(at::Tensor c, const at::Tensor& a, const at::Tensor& b) {
    const at::NoGradGuard no_gradients;
    at::mm_out(c, a, b);
  }
  at::Tensor matrix(const float* data, int64_t rows, int64_t cols) const { return tensor_at(data, {rows, cols}, device()); }

  ThreadStream& stream_;
  bool tensor_float32_;
  std::unique_ptr<CapturePool> pool_;  ///< null where LibTorch's allocator can't be reached; outlives the graphs
  std::list<DeviceBuffer<float>> float_rooms_;
  std::list<DeviceBuffer<double>> double_rooms_;
};

}  // namespace pacnet::cuda
