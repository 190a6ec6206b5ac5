// The optimizers' arithmetic, element by element.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "core/host_device.h"
#include "pacnet/pacnet.h"

namespace pacnet {

/// Adam (Kingma & Ba 2015) in PyTorch's form, and AdamW (Loshchilov & Hutter 2019) with decay > 0:
/// w -= step_size * m / (sqrt(v) * root_scale + epsilon). One division: a core has one unit for them and for roots.
struct AdamStep {
  float beta1;
  float beta2;
  float epsilon;
  float step_size;         ///< lr / (1 - beta1^t)
  float root_scale;        ///< 1 / sqrt(1 - beta2^t)
  float decay;             ///< 1 - lr * weight_decay; 1 without
  float least_gradient;    ///< whose square is zero: with the default epsilon 1e-15, and 1e-30 for the second moment
  float least_moment;      ///< and for the first

  AdamStep() = default;
  PACNET_HD AdamStep(double lr, double b1, double b2, double eps, double weight_decay, int64_t t)
      : beta1(static_cast<float>(b1)),
        beta2(static_cast<float>(b2)),
        epsilon(static_cast<float>(eps)),
        step_size(static_cast<float>(lr / (1.0 - std::pow(b1, static_cast<double>(t))))),
        root_scale(static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(b2, static_cast<double>(t))))),
        decay(static_cast<float>(1.0 - lr * weight_decay)),
        // What adds nothing to epsilon, nor to a weight.
        least_gradient(static_cast<float>(std::fmax(1e-7 * eps, 1e-18))),
        least_moment(static_cast<float>(std::fmax(1e-22 * eps, 1e-36))) {}
};

/// SGD with momentum in PyTorch's form (no dampening): b = momentum * b + g, w -= lr * b, b = g in the first step.
inline constexpr float kLeastVelocity = 1e-30F;
struct SgdStep {
  float lr;
  float momentum;
  bool first;
};

/// The learning rate of a step, counted from 0.
struct RateSchedule {
  Schedule kind;
  double base;
  int64_t steps;  ///< of the whole fit

  PACNET_HD double rate(int64_t step) const {
    const double progress = static_cast<double>(step) / static_cast<double>(steps);
    switch (kind) {
      case kCosine:  // Loshchilov & Hutter 2017, one period without restart
        return base * 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
      case kLinear:
        return base * (1.0 - progress);
      default:
        return base;
    }
  }
};

/// The gradient with the L2 pull toward the anchor.
PACNET_HD inline float pulled(float gradient, float w, float anchor, float twice_l2) {
  return gradient + twice_l2 * (w - anchor);
}

/// Zero in place of what is smaller than `least` and counts for nothing: it would decay into denormal numbers, where a processor takes
/// ten times as long for a product, in particular for weights whose gradients are exactly zero.
PACNET_HD inline float flushed(float value, float least) { return std::fabs(value) < least ? 0.0F : value; }

// Each element is computed in full and then selected by its bit: a frozen one is not touched by arithmetic.

PACNET_HD inline void step_element(const AdamStep& s, bool trainable, float gradient, float& w, float& m, float& v) {
  const float old = w;
  const float counts = flushed(gradient, s.least_gradient);
  const float m1 = flushed(m + (gradient - m) * (1.0F - s.beta1), s.least_moment);
  const float m2 = flushed(v * s.beta2 + counts * counts * (1.0F - s.beta2), s.least_gradient * s.least_gradient);
  const float denominator = std::sqrt(m2) * s.root_scale + s.epsilon;
  const float moved = old * s.decay - s.step_size * m1 / denominator;
  m = m1;
  v = m2;
  w = trainable ? moved : old;
}

PACNET_HD inline void step_element(const SgdStep& s, bool trainable, float gradient, float& w, float& m) {
  const float old = w;
  const float velocity = flushed((s.first ? 0.0F : s.momentum) * m + gradient, kLeastVelocity);
  m = velocity;
  w = trainable ? old - s.lr * velocity : old;
}

}  // namespace pacnet
