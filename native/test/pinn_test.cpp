// Physics-informed networks: derivatives against closed forms, gradients by finite differences, and all of it against
// PyTorch in Python (tests/fixtures/make_pinn_fixtures.py), which takes autograd twice.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "fixture.h"
#include "nn/jet.h"
#include "nn/pinn.h"
#include "pacnet/pacnet.h"
#include "scopes.h"
#include "wanted.h"

namespace pacnet {
namespace {

using namespace test;  // NOLINT: the helpers of this very file's subject

class PinnFixture : public testing::TestWithParam<const char*> {};

TEST_P(PinnFixture, PredictionsAndAnEpochAgreeWithPyTorch) { expect_predictions_and_an_epoch(Fixture(GetParam())); }

INSTANTIATE_TEST_SUITE_P(Equations, PinnFixture,
                         testing::Values("pinn_heat", "pinn_burgers", "pinn_allen_cahn", "pinn_wave"),
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

TEST(Equations, GradientsOfTheResidualEqualFiniteDifferences) {
  const Jet at{0.3, -0.7, 1.1, 0.4, -0.2};
  for (const Equation equation : {Equation::kHeat, Equation::kBurgers, Equation::kAllenCahn, Equation::kWave}) {
    const Jet slope = residual_gradient(equation, at, 0.6);
    for (double Jet::* part : {&Jet::u, &Jet::x, &Jet::t, &Jet::xx, &Jet::tt}) {
      Jet above = at;
      Jet below = at;
      above.*part += 1e-5;
      below.*part -= 1e-5;
      EXPECT_NEAR(slope.*part, (residual(equation, above, 0.6) - residual(equation, below, 0.6)) / 2e-5, 1e-8);
    }
  }
}

TEST(Pinn, PrunesAllocatesAndCalibratesWithWhatIsFrozenKeptBitForBit) { expect_frozen_bits(Fixture("pinn_burgers")); }

TEST(Pinn, RefusesWhatIsNoNetworkAndWhatItCannotLearnBy) {
  for (const char* description :
       {"pinn", "pinn equation=pressure", "pinn equation=heat hidden=0", "pinn equation=heat columns=0,1,2",
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
