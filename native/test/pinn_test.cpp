// Physics-informed networks: derivatives against closed forms, gradients by finite differences, and all of it against
// PyTorch in Python (tests/fixtures/make_pinn_fixtures.py), which takes autograd twice.

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "core/error.h"
#include "fixture.h"
#include "nn/jet.h"
#include "nn/pinn.h"
#include "nn/residual.h"
#include "pacnet/pacnet.h"
#include "scopes.h"
#include "wanted.h"

namespace pacnet {
namespace {

using namespace test;  // NOLINT: the helpers of this very file's subject

class PinnFixture : public testing::TestWithParam<const char*> {};

TEST_P(PinnFixture, PredictionsAndAnEpochAgreeWithPyTorch) { expect_predictions_and_an_epoch(Fixture(GetParam())); }

INSTANTIATE_TEST_SUITE_P(Equations, PinnFixture,
                         testing::Values("pinn_heat", "pinn_burgers", "pinn_allen_cahn", "pinn_wave", "pinn_own"),
                         [](const auto& instance) { return std::string(instance.param); });

// u = sum v tanh(a x + b t + c) + d, with its derivatives.
TEST(JetPass, GivesTheDerivativesOfOneLayerInClosedForm) {
  constexpr int64_t kWidth = 11;
  constexpr int64_t kRows = 9;
  const Mlp mlp({2, kWidth, 1}, kTanh, 0.0);
  FloatBuffer params(mlp.layout().extent());
  mlp.initialize(params.data(), 7);
  const float* w = params.data() + mlp.weight(0).offset;
  const float* bias = params.data() + mlp.bias(0).offset;
  const float* v = params.data() + mlp.weight(1).offset;
  JetPass pass(mlp, 5, kRows, false);
  for (int64_t r = 0; r < kRows; ++r) {
    pass.input()[2 * r] = -0.9F + 0.2F * static_cast<float>(r);
    pass.input()[2 * r + 1] = 0.8F - 0.17F * static_cast<float>(r * r % 7);
  }
  const std::vector<float> points(pass.input(), pass.input() + 2 * kRows);
  pass.forward(params.data(), kRows);
  for (int64_t r = 0; r < kRows; ++r) {
    double u = static_cast<double>(params.data()[mlp.bias(1).offset]);
    double x = 0.0;
    double t = 0.0;
    double xx = 0.0;
    double tt = 0.0;
    for (int64_t j = 0; j < kWidth; ++j) {
      const auto a = static_cast<double>(w[2 * j]);
      const auto b = static_cast<double>(w[2 * j + 1]);
      const double h = std::tanh(a * static_cast<double>(points[static_cast<std::size_t>(2 * r)]) +
                                 b * static_cast<double>(points[static_cast<std::size_t>(2 * r + 1)]) +
                                 static_cast<double>(bias[j]));
      const auto scale = static_cast<double>(v[j]);
      u += scale * h;
      x += scale * a * (1 - h * h);
      t += scale * b * (1 - h * h);
      xx += scale * a * a * -2 * h * (1 - h * h);
      tt += scale * b * b * -2 * h * (1 - h * h);
    }
    EXPECT_NEAR(static_cast<double>(pass.output(kValue)[r]), u, 1e-6);
    EXPECT_NEAR(static_cast<double>(pass.output(kByX)[r]), x, 1e-6);
    EXPECT_NEAR(static_cast<double>(pass.output(kByT)[r]), t, 1e-6);
    EXPECT_NEAR(static_cast<double>(pass.output(kByXX)[r]), xx, 1e-6);
    EXPECT_NEAR(static_cast<double>(pass.output(kByTT)[r]), tt, 1e-6);
  }
}

TEST(JetPass, GradientsEqualFiniteDifferences) {
  constexpr int64_t kRows = 5;
  constexpr int kChannels = 5;
  const Mlp mlp({2, 7, 6, 1}, kTanh, 0.0);
  FloatBuffer params(mlp.layout().extent());
  mlp.initialize(params.data(), 3);
  JetPass pass(mlp, kChannels, kRows, true);
  std::vector<double> weights;
  for (int64_t i = 0; i < kChannels * kRows; ++i) {
    weights.push_back(std::cos(2.1 * static_cast<double>(i)));
  }
  const auto value = [&] {
    for (int64_t i = 0; i < 2 * kRows; ++i) {
      pass.input()[i] = static_cast<float>(std::sin(1.3 * static_cast<double>(i)));
    }
    pass.forward(params.data(), kRows);
    double sum = 0.0;
    for (int64_t i = 0; i < kChannels * kRows; ++i) {
      sum += weights[static_cast<std::size_t>(i)] *
             static_cast<double>(pass.output(static_cast<Channel>(i / kRows))[i % kRows]);
    }
    return sum;
  };
  value();
  std::copy(weights.begin(), weights.end(), pass.output_gradient());
  FloatBuffer grads(mlp.layout().extent());
  pass.backward(params.data(), test::all_of(mlp), grads.data());
  expect_finite_differences(mlp.layout(), params.data(), grads.data(), value, 2e-3);
}

double left_of(const std::string& equation, const Jet& jet, const Point& point) { return Residual(equation).value(jet, point); }

TEST(Residual, IsWhatWasWritten) {
  const Jet j{0.3, -0.7, 1.1, 0.4, -0.2};
  const Point p{0.25, 0.5, 0.6};
  const double cube = 0.3 * 0.3 * 0.3;
  EXPECT_DOUBLE_EQ(left_of("heat", j, p), 1.1 - 0.6 * 0.4);
  EXPECT_DOUBLE_EQ(left_of("burgers", j, p), 1.1 + 0.3 * -0.7 - 0.6 * 0.4);
  EXPECT_DOUBLE_EQ(left_of("allen-cahn", j, p), 1.1 - 0.6 * 0.4 - 5.0 * (0.3 - cube));
  EXPECT_DOUBLE_EQ(left_of("wave", j, p), -0.2 - 0.6 * 0.6 * 0.4);
  EXPECT_DOUBLE_EQ(left_of("u_t + u*u_x = c*u_xx", j, p), left_of("burgers", j, p));
  EXPECT_DOUBLE_EQ(left_of("u_tt=c^2*u_xx", j, p), left_of("wave", j, p));
  EXPECT_DOUBLE_EQ(left_of("-u^2", j, p), -(0.3 * 0.3));  // the power binds tighter than the sign
  EXPECT_DOUBLE_EQ(left_of("2^-1*u--u", j, p), 0.15 + 0.3);
  EXPECT_DOUBLE_EQ(left_of("8/4/2*u - 1 - 1", j, p), 0.3 - 2.0);  // from the left
  EXPECT_DOUBLE_EQ(left_of("u_t - sin(pi*x)*exp(-t) + 1.5e-1*x", j, p), 1.1 - std::sin(M_PI * 0.25) * std::exp(-0.5) + 0.15 * 0.25);
  EXPECT_FALSE(Residual("u_t - c*u_xx").needs_tt());
  EXPECT_TRUE(Residual("u_xx + 0*u_tt").needs_tt());
}

const char* const kEquations[] = {"heat",
                                  "burgers",
                                  "allen-cahn",
                                  "wave",
                                  "u_t = c*u_xx + u*(1 - u)",
                                  "u_t - tan(u)/(2 + cos(u_x)) + log(2 + u)*sqrt(3 + u_xx) - abs(u_x)*tanh(u_tt) + exp(-u)/u_t",
                                  "u^3 - u_x^-2 + (2 + u)^0.5 - u_t^1 + u_xx^0"};

TEST(Residual, GradientsEqualFiniteDifferences) {
  const Jet at{0.3, -0.7, 1.1, 0.4, -0.2};
  const Point point{0.25, 0.5, 0.6};
  for (const char* equation : kEquations) {
    const Residual residual(equation);
    const Jet slope = residual.gradient(at, point);
    for (double Jet::* part : {&Jet::u, &Jet::x, &Jet::t, &Jet::xx, &Jet::tt}) {
      Jet above = at;
      Jet below = at;
      above.*part += 1e-5;
      below.*part -= 1e-5;
      EXPECT_NEAR(slope.*part, (residual.value(above, point) - residual.value(below, point)) / 2e-5, 1e-7) << equation;
    }
  }
}

TEST(Residual, TensorsSayTheSame) {
  const auto column = [](double a, double b) { return at::tensor({a, b}, at::TensorOptions(at::kDouble)); };
  const std::array<at::Tensor, 5> jet = {column(0.3, 0.1), column(-0.7, 0.9), column(1.1, 2.0), column(0.4, 0.6), column(-0.2, 0.5)};
  const std::array<at::Tensor, 3> point = {column(0.25, -1.0), column(0.5, 0.0), column(0.6, 0.1)};
  for (const char* equation : kEquations) {
    const Residual residual(equation);
    const at::Tensor both = residual.value(jet, point);
    for (int64_t i = 0; i < 2; ++i) {
      const auto part = [&](const at::Tensor& of) { return of[i].item<double>(); };
      const Jet own{part(jet[0]), part(jet[1]), part(jet[2]), part(jet[3]), part(jet[4])};
      EXPECT_NEAR(part(both), residual.value(own, {part(point[0]), part(point[1]), part(point[2])}), 1e-12) << equation;
    }
  }
}

TEST(Residual, RefusesWhatIsNoEquation) {
  std::string deep;
  for (int i = 0; i < 100; ++i) {
    deep += '(';
  }
  std::string wide = "u";
  for (int i = 0; i < 300; ++i) {
    wide += "+u";
  }
  for (const std::string& text :
       {std::string(), std::string("pressure"), std::string("u_t +"), std::string("u_t u_x"), std::string("(u"), std::string("u)"), std::string("u = u = u"), std::string("sin u"),
        std::string("u^u"), std::string("u^x"), std::string("1 + x"), std::string("u_xxx"), std::string("u_t ** 2"), std::string("1e999*u"), std::string("u;"), std::string("\xff"), deep, wide,
        std::string(2000, 'u')}) {
    EXPECT_THROW(Residual{text}, Error) << text;
  }
}

TEST(Pinn, PrunesAllocatesAndCalibratesWithWhatIsFrozenKeptBitForBit) { expect_frozen_bits(Fixture("pinn_burgers")); }

TEST(Pinn, RefusesWhatIsNoNetworkAndWhatItCannotLearnBy) {
  for (const char* description :
       {"pinn", "pinn equation=pressure", "pinn equation=u_t-", "pinn equation=x", "pinn equation=heat hidden=0", "pinn equation=heat columns=0,1,2",
        "pinn equation=heat columns=0,1,2,2", "pinn equation=heat weight=0", "pinn equation=heat activation=relu"}) {
    EXPECT_THROW(Network{description}, std::exception) << description;
    EXPECT_EQ(last_error_kind(), kErrorInvalidArgument);
  }
  Network network("pinn equation=heat hidden=4");
  FitOptions options;
  options.loss = kMae;
  const std::vector<float> x(4, 0.0F);
  const std::vector<float> y(1, 0.0F);
  EXPECT_THROW(fit(network, options, PhaseScope(network), x, y), std::exception);
}

}  // namespace
}  // namespace pacnet
