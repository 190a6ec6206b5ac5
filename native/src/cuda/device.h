// Memory and errors of the device.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <utility>

#include "cuda/launch.h"
#include "cuda/status.h"

namespace pacnet::cuda {

/// Room for `size` things on the current device, not initialised. Throws kErrorDevice where there is none.
template <typename T>
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  explicit DeviceBuffer(int64_t size) : size_(size) {
    void* room = nullptr;
    if (size > 0) {
      check(cudaMalloc(&room, static_cast<std::size_t>(size) * sizeof(T)));
    }
    data_ = static_cast<T*>(room);
  }
  ~DeviceBuffer() { cudaFree(data_); }
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  int64_t size() const { return size_; }

  /// From and to the host, in the stream's order.
  void upload(const T* from, int64_t count, cudaStream_t stream) {
    check(cudaMemcpyAsync(data_, from, static_cast<std::size_t>(count) * sizeof(T), cudaMemcpyHostToDevice, stream));
  }
  void download(T* to, int64_t count, cudaStream_t stream) const {
    check(cudaMemcpyAsync(to, data_, static_cast<std::size_t>(count) * sizeof(T), cudaMemcpyDeviceToHost, stream));
  }
  void clear(cudaStream_t stream) {
    check(cudaMemsetAsync(data_, 0, static_cast<std::size_t>(size_) * sizeof(T), stream));
  }

 private:
  T* data_ = nullptr;
  int64_t size_ = 0;
};

/// What there is, as far as the driver and this build are concerned.
Status device_status();

/// Room for floats on the host that the device reads while the host goes on.
class PinnedBuffer {
 public:
  explicit PinnedBuffer(int64_t size) {
    void* room = nullptr;
    check(cudaHostAlloc(&room, static_cast<std::size_t>(size) * sizeof(float), cudaHostAllocDefault));
    data_ = static_cast<float*>(room);
  }
  ~PinnedBuffer() { cudaFreeHost(data_); }
  PinnedBuffer(const PinnedBuffer&) = delete;
  PinnedBuffer& operator=(const PinnedBuffer&) = delete;
  float* data() { return data_; }

 private:
  float* data_ = nullptr;
};

/// A place in a stream to wait for.
class Event {
 public:
  Event() { check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming)); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void record(cudaStream_t stream) { check(cudaEventRecord(event_, stream)); }
  /// Until the stream has come there; at once if it was never recorded.
  void wait() { check(cudaEventSynchronize(event_)); }

 private:
  cudaEvent_t event_ = nullptr;
};

}  // namespace pacnet::cuda
