// Activations and dropout, element by element.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "core/host_device.h"
#include "nn/activation.h"
#include "nn/elementary.h"

namespace pacnet {

// The 32-bit finaliser "lowbias32" (Wellons 2018): a counter in, well mixed bits out.
PACNET_HD inline uint32_t mix(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352dU;
  x ^= x >> 15;
  x *= 0x846ca68bU;
  x ^= x >> 16;
  return x;
}

// 0, or 1 / (1 - rate).
PACNET_HD inline float dropout_factor(const Dropout& dropout, uint32_t index, float scale) {
  const float draw = static_cast<float>(mix(index ^ dropout.key) >> 8) * 0x1p-24F;
  return draw < dropout.rate ? 0.0F : scale;
}

// Each with what it keeps for its way back: what came out where the slope is told by that, otherwise the slope itself, which costs
// least where the value is computed.

struct Tanh {
  PACNET_HD static inline float saved(float /*z*/, float out) { return out; }
  PACNET_HD static inline float value(float z) { return hyperbolic_tangent(z); }
  PACNET_HD static inline float slope(float out) { return 1.0F - out * out; }
};
struct Sigmoid {
  PACNET_HD static inline float saved(float /*z*/, float out) { return out; }
  PACNET_HD static inline float value(float z) { return sigmoid(z); }
  PACNET_HD static inline float slope(float out) { return out * (1.0F - out); }
};
// Hendrycks & Gimpel 2016, the exact form, value and slope within 4e-7 of it and 4 units in the last place. z phi(z), phi being
// the standard normal distribution function, whose tail is e^(-z^2/2) t Q(t) / 2 with t = 1 / (1 + p |z| / sqrt 2): Q is fitted to
// erfcx (Chebyshev nodes, relative error 4e-8), and the exponential serves the density too.
struct Gelu {
  PACNET_HD static inline float value(float z) { return z * phi(z, exponential(-0.5F * z * z)); }
  PACNET_HD static inline float slope(float saved) { return saved; }
  PACNET_HD static inline float saved(float z, float /*out*/) {
    const float e = exponential(-0.5F * z * z);
    return phi(z, e) + z * (static_cast<float>(std::numbers::inv_sqrtpi / std::numbers::sqrt2) * e);
  }

 private:
  // e: e^(-z^2/2).
  PACNET_HD static inline float phi(float z, float e) {
    constexpr float kP = static_cast<float>(0.325 / std::numbers::sqrt2);
    const float t = 1.0F / (1.0F + kP * std::fabs(z));
    const float q = 0.183810845F + t * (0.176187012F + t * (0.222793931F + t * (-0.0334596721F + t * (0.562758307F +
                    t * (-0.526522204F + t * (0.568911568F + t * -0.154479823F))))));
    const float tail = 0.5F * e * (t * q);
    return z < 0.0F ? tail : 1.0F - tail;
  }
};
struct Silu {
  PACNET_HD static inline float value(float z) { return z * sigmoid(z); }
  PACNET_HD static inline float slope(float saved) { return saved; }
  PACNET_HD static inline float saved(float z, float /*out*/) {
    const float s = sigmoid(z);
    return s * (1.0F + z * (1.0F - s));
  }
};

/// A layer's pattern in a step. An odd multiplier keeps the keys of a step's layers distinct.
PACNET_HD inline Dropout dropout_of(float rate, uint32_t key, int64_t layer) {
  return {rate, key + 0x9e3779b9U * static_cast<uint32_t>(layer)};
}

/// ReLU's derivative is told by what came out. A NaN stays one, and is reported.
struct Relu {
  PACNET_HD static inline float saved(float /*z*/, float out) { return out; }
  PACNET_HD static inline float value(float z) { return z < 0.0F ? 0.0F : z; }
  PACNET_HD static inline float slope(float out) { return out > 0.0F ? 1.0F : 0.0F; }
};

}  // namespace pacnet
