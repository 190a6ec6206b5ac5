// Partial differential equations for u(x, t), by what is left of them where u does not solve them.
#pragma once

#include <cstdint>

namespace pacnet {

enum class Equation { kHeat, kBurgers, kAllenCahn, kWave };

/// u and its derivatives at a point.
struct Jet {
  double u;
  double x;
  double t;
  double xx;
  double tt;
};

/// What the equation says is zero, c being its coefficient:
/// heat u_t - c u_xx, Burgers u_t + u u_x - c u_xx, Allen-Cahn u_t - c u_xx - 5 (u - u^3), wave u_tt - c^2 u_xx.
inline double residual(Equation equation, const Jet& j, double c) {
  switch (equation) {
    case Equation::kHeat:
      return j.t - c * j.xx;
    case Equation::kBurgers:
      return j.t + j.u * j.x - c * j.xx;
    case Equation::kAllenCahn:
      return j.t - c * j.xx - 5.0 * (j.u - j.u * j.u * j.u);
    case Equation::kWave:
      break;
  }
  return j.tt - c * c * j.xx;
}

/// Its derivatives with respect to u and each of its derivatives.
inline Jet residual_gradient(Equation equation, const Jet& j, double c) {
  switch (equation) {
    case Equation::kHeat:
      return {0.0, 0.0, 1.0, -c, 0.0};
    case Equation::kBurgers:
      return {j.x, j.u, 1.0, -c, 0.0};
    case Equation::kAllenCahn:
      return {-5.0 * (1.0 - 3.0 * j.u * j.u), 0.0, 1.0, -c, 0.0};
    case Equation::kWave:
      break;
  }
  return {0.0, 0.0, 0.0, -c * c, 1.0};
}

}  // namespace pacnet
