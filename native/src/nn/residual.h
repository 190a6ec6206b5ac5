// A partial differential equation for u(x, t), by what is left of it where u does not solve it: an expression of u, its
// derivatives, x, t and a coefficient, which somebody wrote.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace at {
class Tensor;
}

namespace pacnet {

/// u and its derivatives at a point.
struct Jet {
  double u;
  double x;
  double t;
  double xx;
  double tt;
};

/// Where that is, and the equation's coefficient there.
struct Point {
  double x;
  double t;
  double c;
};

/// For example "u_t + u*u_x = c*u_xx": what is left of "=" less what is right of it, or an expression that is to be zero.
///
/// Names: u, u_x, u_t, u_xx, u_tt, x, t, c, pi. Operators: + - * / ^, the power binding tightest and its exponent a number.
/// Functions: sin, cos, tan, exp, log, sqrt, tanh, abs. Names of equations stand for their own: heat, burgers, allen-cahn, wave.
class Residual {
 public:
  /// Throws kErrorInvalidArgument, saying where, if it is no such text.
  explicit Residual(const std::string& text);

  /// Whether u_tt is in it, which is the only part of a jet that need not be known otherwise.
  bool needs_tt() const noexcept { return needs_tt_; }

  double value(const Jet& jet, const Point& point) const;
  /// Its derivatives with respect to u and each of its derivatives.
  Jet gradient(const Jet& jet, const Point& point) const;
  /// The same value by tensors of one shape: u, u_x, u_t, u_xx, u_tt; x, t, c.
  at::Tensor value(const std::array<at::Tensor, 5>& jet, const std::array<at::Tensor, 3>& point) const;

  enum class Kind { kNumber, kSymbol, kAdd, kSubtract, kMultiply, kDivide, kNegate, kPower, kFunction };

  /// A step of the evaluation, from earlier ones.
  struct Step {
    Kind kind;
    int first = 0;   ///< an earlier step, or which symbol
    int second = 0;  ///< an earlier step, or which function
    double number = 0.0;
  };

 private:
  std::vector<Step> steps_;
  bool needs_tt_ = false;
};

}  // namespace pacnet
