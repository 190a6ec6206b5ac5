#include "nn/residual.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/log.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/tan.h>
#include <ATen/ops/tanh.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <numbers>
#include <string_view>
#include <utility>

#include "core/error.h"

namespace pacnet {

namespace {

using Kind = Residual::Kind;
using Step = Residual::Step;

// All that is kept of an evaluation is on the stack.
constexpr std::size_t kMostSteps = 256;
constexpr int kMostDepth = 64;
constexpr std::size_t kMostText = 1000;

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kKnown = {{
    {"heat", "u_t - c*u_xx"},
    {"burgers", "u_t + u*u_x - c*u_xx"},
    {"allen-cahn", "u_t - c*u_xx - 5*(u - u*u*u)"},
    {"wave", "u_tt - c*c*u_xx"},
}};

// The first five are a jet's, in its order.
constexpr std::array<std::string_view, 8> kSymbols = {"u", "u_x", "u_t", "u_xx", "u_tt", "x", "t", "c"};
constexpr std::size_t kJet = 5;
constexpr int kSecondInTime = 4;

enum Function { kSin, kCos, kTan, kExp, kLog, kSqrt, kTanh, kAbs };
constexpr std::array<std::string_view, 8> kFunctions = {"sin", "cos", "tan", "exp", "log", "sqrt", "tanh", "abs"};

template <std::size_t N>
int index_of(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

// By recursive descent:
//   equation = sum ["=" sum]; sum = product {("+" | "-") product}; product = signed {("*" | "/") signed};
//   signed = {"+" | "-"} power; power = atom ["^" ["-"] number]; atom = number | name | function "(" sum ")" | "(" sum ")"
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::vector<Step> parse() {
    int left = sum();
    if (taken('=')) {
      const int right = sum();
      left = add({Kind::kSubtract, left, right});
    }
    if (!rest().empty()) {
      fail("what begins with '" + std::string(rest().substr(0, 1)) + "' is not expected");
    }
    return std::move(steps_);
  }

 private:
  std::string_view rest() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
      ++at_;
    }
    return text_.substr(at_);
  }

  bool taken(char c) {
    if (rest().empty() || text_[at_] != c) {
      return false;
    }
    ++at_;
    return true;
  }

  [[noreturn]] void fail(const std::string& what) {
    throw Error(kErrorInvalidArgument,
                "the equation '" + std::string(text_) + "' can't be read: " + what + ", at character " + std::to_string(at_ + 1));
  }

  int add(Step step) {
    if (steps_.size() == kMostSteps) {
      fail("it is too long");
    }
    steps_.push_back(step);
    return static_cast<int>(steps_.size()) - 1;
  }

  int sum() {
    if (++depth_ > kMostDepth) {
      fail("it is nested too deep");
    }
    const int left = chain([this] { return product(); }, '+', Kind::kAdd, '-', Kind::kSubtract);
    --depth_;
    return left;
  }

  int product() {
    return chain([this] { return with_sign(); }, '*', Kind::kMultiply, '/', Kind::kDivide);
  }

  // What binds tighter, again and again behind one of two operators, from the left.
  template <typename Next>
  int chain(const Next& next, char one, Kind as_one, char other, Kind as_other) {
    int left = next();
    while (true) {
      const bool is_one = taken(one);
      if (!is_one && !taken(other)) {
        return left;
      }
      const int right = next();
      left = add({is_one ? as_one : as_other, left, right});
    }
  }

  int with_sign() {
    bool negative = false;
    while (true) {
      if (taken('-')) {
        negative = !negative;
      } else if (!taken('+')) {
        break;
      }
    }
    const int of = power();
    return negative ? add({Kind::kNegate, of}) : of;
  }

  int power() {
    const int base = atom();
    if (!taken('^')) {
      return base;
    }
    const double sign = taken('-') ? -1.0 : 1.0;
    double exponent = 0.0;
    if (!number(exponent)) {
      fail("the exponent behind '^' must be a number");
    }
    return add({Kind::kPower, base, 0, sign * exponent});
  }

  bool number(double& into) {
    const std::string_view left = rest();
    if (left.empty() || (std::isdigit(static_cast<unsigned char>(left.front())) == 0 && left.front() != '.')) {
      return false;
    }
    const auto [end, error] = std::from_chars(left.data(), left.data() + left.size(), into);
    if (error != std::errc()) {
      fail("there is no such number");
    }
    at_ += static_cast<std::size_t>(end - left.data());
    return true;
  }

  int atom() {
    double value = 0.0;
    if (number(value)) {
      return add({Kind::kNumber, 0, 0, value});
    }
    if (taken('(')) {
      const int inside = sum();
      close();
      return inside;
    }
    const std::string_view left = rest();
    std::size_t length = 0;
    while (length < left.size() && (std::isalnum(static_cast<unsigned char>(left[length])) != 0 || left[length] == '_')) {
      ++length;
    }
    const std::string_view name = left.substr(0, length);
    if (name.empty()) {
      fail("a number, a name or '(' is missing");
    }
    if (name == "pi") {
      at_ += length;
      return add({Kind::kNumber, 0, 0, std::numbers::pi});
    }
    if (const int symbol = index_of(kSymbols, name); symbol >= 0) {
      at_ += length;
      return add({Kind::kSymbol, symbol});
    }
    const int function = index_of(kFunctions, name);
    if (function < 0) {
      fail("there is no '" + std::string(name) +
           "'; there are u, u_x, u_t, u_xx, u_tt, x, t, c, pi, and sin, cos, tan, exp, log, sqrt, tanh, abs");
    }
    at_ += length;
    if (!taken('(')) {
      fail("'(' is missing behind " + std::string(name));
    }
    const int of = sum();
    close();
    return add({Kind::kFunction, of, function});
  }

  void close() {
    if (!taken(')')) {
      fail("')' is missing");
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::vector<Step> steps_;
};

double power_of(double base, double exponent) { return std::pow(base, exponent); }
at::Tensor power_of(const at::Tensor& base, double exponent) { return at::pow(base, exponent); }

template <typename T>
T function_of(int function, const T& a) {
  using std::abs, std::cos, std::exp, std::log, std::sin, std::sqrt, std::tan, std::tanh;
  using at::abs, at::cos, at::exp, at::log, at::sin, at::sqrt, at::tan, at::tanh;
  switch (function) {
    case kSin:
      return sin(a);
    case kCos:
      return cos(a);
    case kTan:
      return tan(a);
    case kExp:
      return exp(a);
    case kLog:
      return log(a);
    case kSqrt:
      return sqrt(a);
    case kTanh:
      return tanh(a);
    default:
      return abs(a);
  }
}

double slope_of(int function, double a, double value) {
  switch (function) {
    case kSin:
      return std::cos(a);
    case kCos:
      return -std::sin(a);
    case kTan:
      return 1.0 + value * value;
    case kExp:
      return value;
    case kLog:
      return 1.0 / a;
    case kSqrt:
      return 0.5 / value;
    case kTanh:
      return 1.0 - value * value;
    default:
      return a < 0.0 ? -1.0 : a > 0.0 ? 1.0 : 0.0;
  }
}

// number: what stands for a number; symbol: what stands for a symbol; values: room for what each step gives.
template <typename T, typename Number, typename Symbol>
void evaluate(const std::vector<Step>& steps, const Number& number, const Symbol& symbol, T* values) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    const auto first = [&]() -> const T& { return values[step.first]; };
    const auto second = [&]() -> const T& { return values[step.second]; };
    switch (step.kind) {
      case Kind::kNumber:
        values[i] = number(step.number);
        break;
      case Kind::kSymbol:
        values[i] = symbol(step.first);
        break;
      case Kind::kAdd:
        values[i] = first() + second();
        break;
      case Kind::kSubtract:
        values[i] = first() - second();
        break;
      case Kind::kMultiply:
        values[i] = first() * second();
        break;
      case Kind::kDivide:
        values[i] = first() / second();
        break;
      case Kind::kNegate:
        values[i] = -first();
        break;
      case Kind::kPower:
        values[i] = power_of(first(), step.number);
        break;
      case Kind::kFunction:
        values[i] = function_of<T>(step.second, first());
        break;
    }
  }
}

void evaluate(const std::vector<Step>& steps, const Jet& jet, const Point& point, double* values) {
  const std::array<double, kSymbols.size()> symbols = {jet.u, jet.x, jet.t, jet.xx, jet.tt, point.x, point.t, point.c};
  evaluate(
      steps, [](double number) { return number; }, [&](int which) { return symbols[static_cast<std::size_t>(which)]; }, values);
}

}  // namespace

Residual::Residual(const std::string& text) {
  require(text.size() <= kMostText, "an equation has at most " + std::to_string(kMostText) + " characters");
  const auto* const known = std::find_if(kKnown.begin(), kKnown.end(), [&](const auto& one) { return one.first == text; });
  steps_ = Parser(known == kKnown.end() ? std::string_view(text) : known->second).parse();
  bool of_u = false;
  for (const Step& step : steps_) {
    of_u = of_u || (step.kind == Kind::kSymbol && step.first < static_cast<int>(kJet));
    needs_tt_ = needs_tt_ || (step.kind == Kind::kSymbol && step.first == kSecondInTime);
  }
  require(of_u, "the equation '" + text + "' says nothing of u");
}

double Residual::value(const Jet& jet, const Point& point) const {
  std::array<double, kMostSteps> values;  // NOLINT: each is written before it is read
  evaluate(steps_, jet, point, values.data());
  return values[steps_.size() - 1];
}

// By adjoints, from the last step back (Griewank & Walther 2008, ch. 3).
Jet Residual::gradient(const Jet& jet, const Point& point) const {
  std::array<double, kMostSteps> values;    // NOLINT: each is written before it is read
  std::array<double, kMostSteps> adjoints;  // NOLINT: the same
  evaluate(steps_, jet, point, values.data());
  std::fill_n(adjoints.begin(), steps_.size(), 0.0);
  adjoints[steps_.size() - 1] = 1.0;
  std::array<double, kSymbols.size()> slopes{};
  for (std::size_t i = steps_.size(); i-- > 0;) {
    const Step& step = steps_[i];
    const auto first = static_cast<std::size_t>(step.first);
    const auto second = static_cast<std::size_t>(step.second);
    const double own = adjoints[i];
    switch (step.kind) {
      case Kind::kNumber:
        break;
      case Kind::kSymbol:
        slopes[first] += own;
        break;
      case Kind::kAdd:
        adjoints[first] += own;
        adjoints[second] += own;
        break;
      case Kind::kSubtract:
        adjoints[first] += own;
        adjoints[second] -= own;
        break;
      case Kind::kMultiply:
        adjoints[first] += own * values[second];
        adjoints[second] += own * values[first];
        break;
      case Kind::kDivide:
        adjoints[first] += own / values[second];
        adjoints[second] -= own * values[i] / values[second];
        break;
      case Kind::kNegate:
        adjoints[first] -= own;
        break;
      case Kind::kPower:
        adjoints[first] += step.number == 0.0 ? 0.0 : own * step.number * std::pow(values[first], step.number - 1.0);
        break;
      case Kind::kFunction:
        adjoints[first] += own * slope_of(step.second, values[first], values[i]);
        break;
    }
  }
  return {slopes[0], slopes[1], slopes[2], slopes[3], slopes[4]};
}

at::Tensor Residual::value(const std::array<at::Tensor, 5>& jet, const std::array<at::Tensor, 3>& point) const {
  std::vector<at::Tensor> values(steps_.size());
  evaluate(
      steps_, [&](double number) { return at::full_like(jet[0], number); },
      [&](int which) {
        const auto at = static_cast<std::size_t>(which);
        return at < kJet ? jet[at] : point[at - kJet];
      },
      values.data());
  return values.back();
}

}  // namespace pacnet
