// A training step as a list of kernels and operations in an order that never changes: what a CUDA graph replays.
#pragma once

#include <cstdint>

#include "cuda/layer_kernels.h"
#include "cuda/step_kernels.h"

namespace pacnet::cuda {

/// Where a fit's numbers are, all of them in the memory of who runs the step.
struct StepFit {
  const float* x;         ///< all rows, [rows, inputs]
  const float* y;         ///< [rows, label width]
  const uint32_t* order;  ///< of the epoch
  const uint32_t* keys;   ///< of its steps' dropout; unused without
  StepArrays arrays;      ///< the arena's; the gradients are written there
  double* loss;           ///< summed over the rows of all steps since it was set to zero
  bool adam;
  AdvanceStep advance;    ///< whose state is that of everything here
};

class Step {
 public:
  virtual ~Step() = default;
  /// Gradients of the mean loss of the next `rows` rows of the order, and the step that they ask for.
  virtual void train(int64_t rows) = 0;
  /// The loss of the next rows alone, as the network predicts.
  virtual void measure(int64_t rows) = 0;
  /// Whether the host has no part in a step, so that a graph can replay it.
  virtual bool repeats() const = 0;
};

/// The next batch's rows, and in training the step's beginning.
template <typename Backend>
void gather(const StepFit& fit, float* x, float* y, int64_t rows, int64_t inputs, int64_t labels, bool trains, Backend& backend) {
  backend.run(GatherBatch{fit.x, fit.y, fit.order, x, y, rows, inputs, labels, fit.advance, trains},
              GatherBatch::grid(rows, inputs, labels));
}

/// The optimizer's part of a step.
template <typename Backend>
void optimize(const StepFit& fit, Backend& backend) {
  if (fit.adam) {
    backend.run(MaskedAdam{fit.arrays}, MaskedAdam::grid(fit.arrays.extent));
  } else {
    backend.run(MaskedSgd{fit.arrays}, MaskedSgd::grid(fit.arrays.extent));
  }
}

}  // namespace pacnet::cuda
