// One bit for every float of the arena.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "core/arena.h"

namespace pacnet {

/// Bits over a Layout's extent. In a network's mask 1 is "kept"; in a fit's trainable set 1 is "may move". Bits in the
/// gaps between tensors are 0.
class BitMask {
 public:
  explicit BitMask(const Layout& layout) : words_(static_cast<std::size_t>(layout.extent() / kWordBits)) {}

  bool get(int64_t i) const { return (words_[index(i)] >> (i % kWordBits)) & 1U; }
  uint64_t word(int64_t w) const { return words_[static_cast<std::size_t>(w)]; }
  uint64_t& word(int64_t w) { return words_[static_cast<std::size_t>(w)]; }
  const uint64_t* words() const { return words_.data(); }

  /// The bits of word w that lie inside the tensor (its last word can be part gap).
  static uint64_t inside(const Tensor& tensor, int64_t w) {
    const int64_t left = tensor.offset + tensor.size - w * kWordBits;
    return left >= kWordBits ? ~uint64_t{0} : (uint64_t{1} << left) - 1;
  }
  void fill(const Tensor& tensor, bool value) {
    for (int64_t w = tensor.offset / kWordBits; w * kWordBits < tensor.offset + tensor.size; ++w) {
      word(w) = value ? inside(tensor, w) : 0;
    }
  }
  int64_t count(const Tensor& tensor) const {
    int64_t n = 0;
    for (int64_t w = tensor.offset / kWordBits; w * kWordBits < tensor.offset + tensor.size; ++w) {
      n += std::popcount(word(w));
    }
    return n;
  }

 private:
  static std::size_t index(int64_t i) { return static_cast<std::size_t>(i / kWordBits); }
  std::vector<uint64_t> words_;
};

}  // namespace pacnet
