// The masked optimizer step on the device: one launch a model, four floats a thread.
#pragma once

#include <cstdint>

#include "cuda/grid.h"
#include "optim/step_arithmetic.h"

namespace pacnet::cuda {

/// What changes from step to step; it lives on the device, so that a captured graph goes on by itself.
struct StepState {
  int64_t step = 0;         ///< begun
  int64_t epoch_first = 0;  ///< of them before this epoch
  int64_t row = 0;          ///< of the epoch's order, where the next batch begins
  AdamStep adam;
  SgdStep sgd{0.0F, 0.0F, true};
};

/// To the order's beginning: one thread.
struct BeginEpoch {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  StepState* state;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    if (at.index() == 0) {
      state->epoch_first = state->step;
      state->row = 0;
    }
  }
};

/// To the order's beginning for a batch that lies there alone: one thread.
struct FirstRow {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  StepState* state;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    if (at.index() == 0) {
      state->row = 0;
    }
  }
};

/// To the next batch: one thread.
struct SkipRows {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  StepState* state;
  int64_t rows;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    if (at.index() == 0) {
      state->row += rows;
    }
  }
};

/// Begins the next step: one thread.
struct AdvanceStep {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  StepState* state;
  RateSchedule schedule;
  double beta1;
  double beta2;
  double epsilon;
  double weight_decay;
  double momentum;

  /// steps: of the whole fit.
  static AdvanceStep of(const FitOptions& options, StepState* state, int64_t steps) {
    return {state,
            {static_cast<Schedule>(options.schedule), options.learning_rate, steps},
            options.beta1,
            options.beta2,
            options.epsilon,
            options.weight_decay,
            options.momentum};
  }

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    if (at.index() == 0) {
      advance();
    }
  }

  PACNET_HD void advance() const {
    const double rate = schedule.rate(state->step);
    ++state->step;
    state->adam = AdamStep(rate, beta1, beta2, epsilon, weight_decay, state->step);
    state->sgd = {static_cast<float>(rate), static_cast<float>(momentum), state->step == 1};
  }
};

/// Buffers of the arena's extent; a thread moves four floats of it, sixteen threads a word of the mask.
struct StepArrays {
  const StepState* state;
  float* param;
  float* grad;             ///< only read
  float* moment1;
  float* moment2;          ///< Adam's
  const float* anchor;     ///< null for zero
  const uint64_t* words;   ///< of the mask: 1 may move
  const float* twice_l2;   ///< by word
  int64_t extent;          ///< a multiple of 64
};

template <bool kAdam>
struct MaskedStep {
  using Shared = NoShared;
  static constexpr int kPhases = 1;
  static constexpr int kEach = 4;

  StepArrays arrays;

  static Grid grid(int64_t extent) { return grid_for(extent / kEach); }

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    const AdamStep adam = arrays.state->adam;
    const SgdStep sgd = arrays.state->sgd;
    for (int64_t i = at.index(); i < arrays.extent / kEach; i += at.stride()) {
      const int64_t first = i * kEach;
      const uint64_t word = arrays.words[first / 64];
      const auto bits = static_cast<unsigned>(word >> (first % 64)) & 0xfU;
      if (word == 0) {
        continue;
      }
      const float twice_l2 = arrays.twice_l2[first / 64];
      Four w = load(arrays.param, first);
      Four m = load(arrays.moment1, first);
      Four v = kAdam ? load(arrays.moment2, first) : Four{};
      const Four g = load(arrays.grad, first);
      const Four a = arrays.anchor != nullptr ? load(arrays.anchor, first) : Four{};
      for (int j = 0; j < kEach; ++j) {
        const bool trainable = ((bits >> j) & 1U) != 0;
        const float gradient = pulled(g.at[j], w.at[j], a.at[j], twice_l2);
        if constexpr (kAdam) {
          step_element(adam, trainable, gradient, w.at[j], m.at[j], v.at[j]);
        } else {
          step_element(sgd, trainable, gradient, w.at[j], m.at[j]);
        }
      }
      store(arrays.param, first, w);
      store(arrays.moment1, first, m);
      if constexpr (kAdam) {
        store(arrays.moment2, first, v);
      }
    }
  }
};

using MaskedAdam = MaskedStep<true>;
using MaskedSgd = MaskedStep<false>;

}  // namespace pacnet::cuda
