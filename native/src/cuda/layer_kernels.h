// What a perceptron does between its matrix products, its losses, and the batches that go in.
#pragma once

#include <cstdint>
#include <type_traits>

#include "cuda/grid.h"
#include "cuda/step_kernels.h"
#include "nn/activation_arithmetic.h"
#include "nn/loss.h"
#include "nn/loss_arithmetic.h"

namespace pacnet::cuda {

/// body(F) with what computes the activation.
template <typename Body>
void by_activation(Activation activation, const Body& body) {
  switch (activation) {
    case kRelu:
      return body(Relu{});
    case kTanh:
      return body(Tanh{});
    case kSigmoid:
      return body(Sigmoid{});
    case kGelu:
      return body(Gelu{});
    case kSilu:
      return body(Silu{});
  }
}

/// body(error) with the error whose elements are summed; of any loss but cross-entropy.
template <typename Body>
void by_error(const LossSpec& loss, const Body& body) {
  switch (loss.kind) {
    case kMae:
      return body(AbsoluteError{});
    case kHuber:
      return body(HuberError{static_cast<float>(loss.huber_delta)});
    default:
      return body(SquaredError{});
  }
}

/// The next rows of resident data, to[r] = from[order[state->row + r]] of x and of y; in training the step begins as well, by a
/// block of its own.
struct GatherBatch {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  const float* x;
  const float* y;
  const uint32_t* order;
  float* to_x;
  float* to_y;
  int64_t rows;
  int64_t inputs;
  int64_t labels;
  AdvanceStep next;  ///< whose state is that of the rows
  bool trains;

  static Grid grid(int64_t rows, int64_t inputs, int64_t labels) {
    Grid grid = grid_for(rows * (inputs + labels));
    ++grid.blocks;
    return grid;
  }

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    if (at.block == 0) {
      if (trains && at.thread == 0) {
        next.advance();
      }
      return;
    }
    const uint32_t* first = order + next.state->row;
    const int64_t of_x = rows * inputs;
    const int64_t all = rows * (inputs + labels);
    for (int64_t i = at.index() - at.threads; i < all; i += at.stride() - at.threads) {
      if (i < of_x) {
        const Place place = place_of(i, inputs);
        to_x[i] = x[static_cast<int64_t>(first[place.row]) * inputs + place.column];
      } else {
        const Place place = place_of(i - of_x, labels);
        to_y[i - of_x] = y[static_cast<int64_t>(first[place.row]) * labels + place.column];
      }
    }
  }
};

/// a = activation(z + bias); saved gets what the way back needs, and may be z, or a where that is what came out.
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

  static Grid grid(int64_t rows, int64_t width) { return grid_for(width % 4 == 0 ? rows * width / 4 : rows * width); }

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    if (width % 4 != 0) {
      for (int64_t i = at.index(); i < rows * width; i += at.stride()) {
        const float in = z[i] + bias[place_of(i, width).column];
        const float out = F::value(in);
        saved[i] = F::saved(in, out);
        a[i] = out;
      }
      return;
    }
    for (int64_t i = at.index(); i < rows * width / 4; i += at.stride()) {
      Four values = load(z, 4 * i);
      const Four shift = load(bias, 4 * place_of(i, width / 4).column);
      Four keep{};
      for (int j = 0; j < 4; ++j) {
        const float in = values.at[j] + shift.at[j];
        values.at[j] = F::value(in);
        keep.at[j] = F::saved(in, values.at[j]);
      }
      if (saved != a) {
        store(saved, 4 * i, keep);
      }
      store(a, 4 * i, values);
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
    const Dropout dropout = dropout_of(rate, keys[state->step - state->epoch_first - 1], layer);
    const float scale = 1.0F / (1.0F - rate);
    for (int64_t i = at.index(); i < count; i += at.stride()) {
      values[i] *= dropout_factor(dropout, static_cast<uint32_t>(i), scale);
    }
  }
};

/// Of a layer without an activation: its gradient stays as it is.
struct Linear {};

/// A layer's gradient on its way back through the activation, in place, and its columns' sums, which are the bias's gradient: a block
/// has 32 columns and a chunk of the rows, 8 of them at a time, so that reads are of whole lines.
template <typename F>
struct LayerGradient {
  static constexpr int kColumns = 32;
  static constexpr int kRows = 8;
  struct Shared {
    float sums[kRows][kColumns];
  };
  static constexpr int kPhases = 2;

  const float* saved;  ///< of the activation; null for Linear
  float* grad;         ///< [rows, width]
  float* sums;         ///< [chunks, width]
  int64_t rows;
  int64_t width;
  int64_t chunks;

  /// How many chunks fill a GPU, and are few enough to be summed by one more launch. They don't depend on the GPU, so sums don't either.
  static int64_t chunks_for(int64_t rows, int64_t width) {
    if (rows <= 16 * kRows) {
      return 1;
    }
    const int64_t wanted = (rows + 16 * kRows - 1) / (16 * kRows);
    const int64_t most = kMostBlocks / tiles(width);
    return most < 1 ? 1 : wanted < most ? (wanted < kMostChunks ? wanted : kMostChunks) : (most < kMostChunks ? most : kMostChunks);
  }
  /// Room for the sums of any number of rows.
  static int64_t room(int64_t width) { return kMostChunks * width; }
  Grid grid() const { return {tiles(width) * chunks, kColumns * kRows}; }

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& shared) const {
    const Place place = place_of(at.block, tiles(width));
    const int lane = at.thread % kColumns;
    const int row = at.thread / kColumns;
    const int64_t column = place.column * kColumns + lane;
    if constexpr (kPhase == 0) {
      const int64_t each = (rows + chunks - 1) / chunks;
      const int64_t begin = place.row * each;
      const int64_t end = begin + each < rows ? begin + each : rows;
      float sum = 0.0F;
      for (int64_t r = begin + row; column < width && r < end; r += kRows) {
        const int64_t i = r * width + column;
        if constexpr (std::is_same_v<F, Linear>) {
          sum += grad[i];
        } else {
          const float back = grad[i] * F::slope(saved[i]);
          grad[i] = back;
          sum += back;
        }
      }
      shared.sums[row][lane] = sum;
    } else if (row == 0 && column < width) {
      float sum = 0.0F;
      for (int r = 0; r < kRows; ++r) {
        sum += shared.sums[r][lane];
      }
      sums[place.row * width + column] = sum;
    }
  }

 private:
  static constexpr int64_t kMostBlocks = 1024;
  static constexpr int64_t kMostChunks = 64;
  PACNET_HD static int64_t tiles(int64_t width) { return (width + kColumns - 1) / kColumns; }
};

/// Sums that a block's threads share, in an order that is always the same.
struct BlockSum {
  static constexpr int kThreads = 256;
  static constexpr int kEach = 16;
  double sums[kThreads];

  /// In two phases; the second one returns the sum to the first thread.
  PACNET_HD void gather(const Thread& at) {
    if (at.thread < kEach) {
      double sum = 0.0;
      for (int t = at.thread; t < at.threads; t += kEach) {
        sum += sums[t];
      }
      sums[at.thread] = sum;
    }
  }
  PACNET_HD double total(const Thread& at) const {
    double sum = 0.0;
    for (int t = 0; t < kEach && t < at.threads; ++t) {
      sum += sums[t];
    }
    return sum;
  }
};

/// Where the losses of a batch's rows are summed.
struct LossSum {
  double* block_sums;  ///< by block, for AddSums; unused where there is one block
  double* total;       ///< is added to where there is one block
  double scale;
  StepState* state;    ///< goes on to the next batch
  int64_t rows;

  PACNET_HD void finish(const Thread& at, const BlockSum& shared) const {
    if (at.thread != 0) {
      return;
    }
    const double sum = shared.total(at);
    if (at.blocks == 1) {
      *total += sum * scale;
    } else {
      block_sums[at.block] = sum;
    }
    if (at.block == 0) {
      state->row += rows;
    }
  }
};

/// Of an element-wise loss of out + bias: its gradient, and the sum over elements.
template <typename Error>
struct ElementLoss {
  using Shared = BlockSum;
  static constexpr int kPhases = 3;

  Error error;
  const float* out;
  const float* bias;
  Labels y;
  float* grad;  ///< may be null
  float each;   ///< what a slope is times
  int64_t count;
  int64_t outputs;
  LossSum sum;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& shared) const {
    if constexpr (kPhase == 0) {
      double values = 0.0;
      for (int64_t i = at.index(); i < count; i += at.stride()) {
        const auto [row, column] = place_of(i, outputs);
        const float difference = (out[i] + bias[column]) - y.of(row)[column];
        const float weight = y.weight(row);
        values += static_cast<double>(weight) * static_cast<double>(error.value(difference));
        if (grad != nullptr) {
          grad[i] = error.slope(difference) * (weight * each);
        }
      }
      shared.sums[at.thread] = values;
    } else if constexpr (kPhase == 1) {
      shared.gather(at);
    } else {
      sum.finish(at, shared);
    }
  }
};

/// A thread a row, whose logits get the bias first.
struct CrossEntropyLoss {
  using Shared = BlockSum;
  static constexpr int kPhases = 3;

  float* out;
  const float* bias;
  Labels labels;
  float* grad;  ///< may be null
  float scale;
  int64_t rows;
  int64_t outputs;
  int64_t classes;
  LossSum sum;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& shared) const {
    if constexpr (kPhase == 0) {
      double values = 0.0;
      for (int64_t r = at.index(); r < rows; r += at.stride()) {
        float* logits = out + r * outputs;
        for (int64_t c = 0; c < outputs; ++c) {
          logits[c] += bias[c];
        }
        const float weight = labels.weight(r);
        values += static_cast<double>(weight) * cross_entropy_row(logits, static_cast<int64_t>(*labels.of(r)), classes, outputs,
                                                                  weight * scale, grad == nullptr ? nullptr : grad + r * outputs);
      }
      shared.sums[at.thread] = values;
    } else if constexpr (kPhase == 1) {
      shared.gather(at);
    } else {
      sum.finish(at, shared);
    }
  }
};

/// Adds the blocks' sums, at most as many as it has threads, to a total: one block.
struct AddSums {
  using Shared = BlockSum;
  static constexpr int kPhases = 3;

  const double* block_sums;
  int64_t blocks;
  double scale;
  double* total;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& shared) const {
    if constexpr (kPhase == 0) {
      shared.sums[at.thread] = at.thread < blocks ? block_sums[at.thread] : 0.0;
    } else if constexpr (kPhase == 1) {
      shared.gather(at);
    } else if (at.thread == 0) {
      *total += shared.total(at) * scale;
    }
  }
};

}  // namespace pacnet::cuda
