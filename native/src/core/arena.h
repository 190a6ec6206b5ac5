// Flat storage: where each parameter tensor lies, and the aligned buffers that hold all of them at once.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "pacnet/pacnet.h"

namespace pacnet {

/// A zero-initialised float buffer aligned to a cache line.
class FloatBuffer {
 public:
  FloatBuffer() = default;
  explicit FloatBuffer(int64_t size) : size_(size) {
    if (size == 0) {
      return;
    }
    const std::size_t bytes = (static_cast<std::size_t>(size) * sizeof(float) + 63) / 64 * 64;
    data_.reset(static_cast<float*>(std::aligned_alloc(64, bytes)));
    if (!data_) {
      throw std::bad_alloc();
    }
    std::memset(data_.get(), 0, bytes);
  }
  float* data() noexcept { return data_.get(); }
  const float* data() const noexcept { return data_.get(); }
  int64_t size() const noexcept { return size_; }

 private:
  struct Free {
    void operator()(float* p) const noexcept { std::free(p); }
  };
  std::unique_ptr<float, Free> data_;
  int64_t size_ = 0;
};

/// One parameter tensor inside the arena.
struct Tensor {
  std::string name;
  std::vector<int64_t> dims;
  int64_t offset;  ///< in floats; a multiple of kWordBits, so that no word of a bit mask spans two tensors
  int64_t size;
  int roles;  ///< a sum of TensorRole
  int64_t layer;  ///< counted from the input side; the head is the last

  bool is(TensorRole role) const noexcept { return (roles & role) != 0; }
};

constexpr int64_t kWordBits = 64;

/// The tensors of a network one behind the other; gaps between them are never read nor written.
class Layout {
 public:
  void add(std::string name, std::vector<int64_t> dims, int roles, int64_t layer = 0) {
    int64_t size = 1;
    for (const int64_t d : dims) {
      size *= d;
    }
    tensors_.push_back({std::move(name), std::move(dims), extent_, size, roles, layer});
    extent_ += (size + kWordBits - 1) / kWordBits * kWordBits;
    parameters_ += size;
  }
  const std::vector<Tensor>& tensors() const noexcept { return tensors_; }
  int64_t layers() const noexcept { return tensors_.empty() ? 0 : tensors_.back().layer + 1; }
  int64_t extent() const noexcept { return extent_; }          ///< floats of a buffer, gaps included
  int64_t parameters() const noexcept { return parameters_; }  ///< floats without gaps

 private:
  std::vector<Tensor> tensors_;
  int64_t extent_ = 0;
  int64_t parameters_ = 0;
};

}  // namespace pacnet
