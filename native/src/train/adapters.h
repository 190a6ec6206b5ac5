// LoRA (Hu et al., "LoRA: Low-rank adaptation of large language models", ICLR 2022): what a matrix learns is a product of two thin ones.
#pragma once

#include "core/arena.h"
#include "core/team.h"
#include "train/scope.h"

namespace pacnet {

/// The scope's adapters: each one's weights are their start plus scale * B A, where they may move. The optimizer moves A and B; the network sees
/// the sum.
class Adapters {
 public:
  /// start: the arena before the fit, which must outlive this.
  Adapters(const Scope& scope, const float* start);

  /// All factors, and their gradients, in an arena of their own.
  const Layout& layout() const noexcept { return layout_; }
  float* factors() noexcept { return factors_.data(); }
  float* gradients() noexcept { return gradients_.data(); }

  /// From the gradients of the weights to those of the factors. What may not move has none: it becomes zero.
  void backward(float* grads, Team& team);
  /// scale * B A, into the places of the weights.
  void multiply(float* change, Team& team) const;
  /// The weights that follow from the factors, of which all may move.
  void compose(float* params, Team& team) const;

 private:
  // Of one adapter: W [rows, columns], B [rows, rank] and A [rank, columns].
  struct Part {
    int64_t offset;  ///< of W in the network's arena
    int64_t rows;
    int64_t columns;
    int64_t rank;
    float scale;
    int64_t b;  ///< where it lies in this arena
    int64_t a;
    bool whole;  ///< all of it may move
  };

  void by_rows(float* out, const float* start, Team& team) const;

  const Scope& scope_;
  const float* start_;
  Layout layout_;
  std::vector<Part> parts_;
  FloatBuffer factors_;
  FloatBuffer gradients_;
};

}  // namespace pacnet
