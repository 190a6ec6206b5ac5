// What a perceptron does between its matrix products, its losses, and the batches that go in.
#pragma once

#include <cstdint>

#include "cuda/grid.h"
#include "cuda/step_kernels.h"
#include "nn/activation_arithmetic.h"
#include "nn/loss_arithmetic.h"

namespace pacnet::cuda {

/// The next rows of resident data: to[r] = from[order[state->row + r]].
struct GatherRows {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  const float* from;
  const uint32_t* order;
  const StepState* state;
  float* to;
  int64_t rows;
  int64_t width;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    for (int64_t i = at.index(); i < rows * width; i += at.stride()) {
      to[i] = from[static_cast<int64_t>(order[state->row + i / width]) * width + i % width];
    }
  }
};

/// a = activation(z + bias); saved gets what ActivateBackward needs, and may be z, or a where that is what came out.
template <typename F>
struct Activate {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  const float* z;
  const float* bias;
  float* saved;
  float* a;
  int64_t rows;
  int64_t width;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    for (int64_t i = at.index(); i < rows * width; i += at.stride()) {
      const float in = z[i] + bias[i % width];
      const float out = F::value(in);
      saved[i] = F::saved(in, out);
      a[i] = out;
    }
  }
};

template <typename F>
struct ActivateBackward {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  const float* saved;
  float* grad;
  int64_t count;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    for (int64_t i = at.index(); i < count; i += at.stride()) {
      grad[i] *= F::slope(saved[i]);
    }
  }
};

/// Dropout of a layer's activations, or of their gradients: the pattern of the step's key.
struct Drop {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  const StepState* state;
  const uint32_t* keys;
  float rate;
  int64_t layer;
  float* values;
  int64_t count;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    const Dropout dropout = dropout_of(rate, keys[state->epoch_step], layer);
    const float scale = 1.0F / (1.0F - rate);
    for (int64_t i = at.index(); i < count; i += at.stride()) {
      values[i] *= dropout_factor(dropout, static_cast<uint32_t>(i), scale);
    }
  }
};

/// Adds the bias in place: the output layer.
struct AddBias {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  const float* bias;
  float* values;
  int64_t rows;
  int64_t width;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    for (int64_t i = at.index(); i < rows * width; i += at.stride()) {
      values[i] += bias[i % width];
    }
  }
};

/// The bias's gradient: 32 columns a block, 8 rows at a time, so that reads are of whole lines.
struct ColumnSums {
  static constexpr int kColumns = 32;
  static constexpr int kRows = 8;
  struct Shared {
    float sums[kRows][kColumns];
  };
  static constexpr int kPhases = 2;

  const float* values;
  float* out;
  int64_t rows;
  int64_t width;

  static Grid grid(int64_t width) { return {(width + kColumns - 1) / kColumns, kColumns * kRows}; }

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& shared) const {
    const int lane = at.thread % kColumns;
    const int row = at.thread / kColumns;
    const int64_t column = at.block * kColumns + lane;
    if constexpr (kPhase == 0) {
      float sum = 0.0F;
      for (int64_t r = row; column < width && r < rows; r += kRows) {
        sum += values[r * width + column];
      }
      shared.sums[row][lane] = sum;
    } else if (row == 0 && column < width) {
      float sum = 0.0F;
      for (int r = 0; r < kRows; ++r) {
        sum += shared.sums[r][lane];
      }
      out[column] = sum;
    }
  }
};

/// Sums that a block's threads share: the same bits for the same grid.
struct BlockSum {
  static constexpr int kThreads = 256;
  double sums[kThreads];

  PACNET_HD void add_up(const Thread& at, double* block_sums) const {
    if (at.thread == 0) {
      double sum = 0.0;
      for (int t = 0; t < at.threads; ++t) {
        sum += sums[t];
      }
      block_sums[at.block] = sum;
    }
  }
};

/// Of an element-wise loss: its gradient, and by block the sum over elements.
template <typename Error>
struct ElementLoss {
  using Shared = BlockSum;
  static constexpr int kPhases = 2;

  Error error;
  const float* out;
  const float* y;
  float* grad;  ///< may be null
  float each;   ///< what a slope is times
  int64_t count;
  double* block_sums;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& shared) const {
    if constexpr (kPhase == 0) {
      double sum = 0.0;
      for (int64_t i = at.index(); i < count; i += at.stride()) {
        const float difference = out[i] - y[i];
        sum += static_cast<double>(error.value(difference));
        if (grad != nullptr) {
          grad[i] = error.slope(difference) * each;
        }
      }
      shared.sums[at.thread] = sum;
    } else {
      shared.add_up(at, block_sums);
    }
  }
};

/// A thread a row.
struct CrossEntropyLoss {
  using Shared = BlockSum;
  static constexpr int kPhases = 2;

  const float* out;
  const float* labels;
  float* grad;  ///< may be null
  float scale;
  int64_t rows;
  int64_t outputs;
  int64_t classes;
  double* block_sums;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& shared) const {
    if constexpr (kPhase == 0) {
      double sum = 0.0;
      for (int64_t r = at.index(); r < rows; r += at.stride()) {
        sum += cross_entropy_row(out + r * outputs, static_cast<int64_t>(labels[r]), classes, outputs, scale,
                                 grad == nullptr ? nullptr : grad + r * outputs);
      }
      shared.sums[at.thread] = sum;
    } else {
      shared.add_up(at, block_sums);
    }
  }
};

/// Adds the blocks' sums to a total, in their order: one thread.
struct AddSums {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  const double* block_sums;
  int64_t blocks;
  double scale;
  double* total;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    if (at.index() != 0) {
      return;
    }
    double sum = 0.0;
    for (int64_t b = 0; b < blocks; ++b) {
      sum += block_sums[b];
    }
    *total += sum * scale;
  }
};

}  // namespace pacnet::cuda
