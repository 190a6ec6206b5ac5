// Elementary functions without branches or calls, for loops that the compiler is to vectorise.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "core/host_device.h"

namespace pacnet {

// e^x without a branch, so that loops over it are vectorised; the same bits with every instruction set. x is clamped to
// where the result is a normal number. Within 2 units in the last place (activation_test.cpp).
PACNET_HD inline float exponential(float x) {
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer, in the lowest bits
  x = x < -87.0F ? -87.0F : x;
  x = x > 88.0F ? 88.0F : x;
  const float shifted = x * 1.442695041F + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375F) - n * -2.12194440e-4F;  // ln 2 in two parts, the first with few bits
  const float p = 1.0F + r * (1.0F + r * (0.5F + r * (1.0F / 6 + r * (1.0F / 24 + r * (1.0F / 120 + r * (1.0F / 720))))));
  const uint32_t power = (std::bit_cast<uint32_t>(shifted) << 23) + 0x3f800000U;  // 2^n
  return p * std::bit_cast<float>(power);
}

PACNET_HD inline float sigmoid(float z) { return 1.0F / (1.0F + exponential(-z)); }

// By its series near zero, where the other form would cancel.
PACNET_HD inline float hyperbolic_tangent(float z) {
  const float size = std::fabs(z);
  const float far = 1.0F - 2.0F / (exponential(2.0F * size) + 1.0F);
  const float s = z * z;
  const float near =
      size + size * s *
                 (-3.333333333e-1F +
                  s * (1.333333333e-1F + s * (-5.396825397e-2F + s * (2.186948854e-2F + s * (-8.863235530e-3F +
                  s * (3.592128037e-3F + s * -1.455834387e-3F))))));
  return std::copysign(size < 0.55F ? near : far, z);
}

}  // namespace pacnet
