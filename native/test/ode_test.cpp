// Neural differential equations: the solvers by what they promise, gradients by finite differences, and all of it against
// PyTorch in Python (tests/fixtures/make_ode_fixtures.py).

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "fixture.h"
#include "nn/describe.h"
#include "nn/neural_ode.h"
#include "nn/small_lu.h"
#include "pacnet/pacnet.h"
#include "scopes.h"
#include "wanted.h"

namespace pacnet {
namespace {

using namespace test;  // NOLINT: the helpers of this very file's subject

class OdeFixture : public testing::TestWithParam<const char*> {};

TEST_P(OdeFixture, PredictionsAndAnEpochAgreeWithPyTorch) { expect_predictions_and_an_epoch(Fixture(GetParam())); }

INSTANTIATE_TEST_SUITE_P(Cases, OdeFixture, testing::Values("ode_rk4", "ode_rk4_time", "ode_dormand_prince", "ode_implicit", "ode_actions",
                                                             "ode_actions_dormand_prince"),
                         [](const auto& instance) { return std::string(instance.param); });

// dz/dt = A z: without a hidden layer f is that.
std::vector<float> linear(const std::vector<float>& a, const std::string& solver, const std::vector<float>& x,
                          int64_t steps) {
  const auto states = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(a.size()))));
  Network network(("ode states=" + std::to_string(states) + " steps=" + std::to_string(steps) + " " + solver).c_str());
  std::vector<float> parameters = a;
  parameters.resize(a.size() + static_cast<std::size_t>(states), 0.0F);
  set_parameters(network, parameters);
  const int64_t rows = count(x) / network.inputs();
  std::vector<float> out(static_cast<std::size_t>(rows * network.outputs()));
  network.predict(x.data(), count(x), rows, out.data(), count(out), 1);
  return out;
}

// z'' = -z - 0.2 z' from (1, 0).
double oscillator(double t) {
  const double w = std::sqrt(0.99);
  return std::exp(-0.1 * t) * (std::cos(w * t) + 0.1 / w * std::sin(w * t));
}

TEST(RungeKutta, ClassicalErrorFallsSixteenfoldWithHalfTheStep) {
  const std::vector<float> a = {0.0F, 1.0F, -1.0F, -0.2F};
  std::vector<double> errors;
  for (const int substeps : {1, 2, 4}) {
    const auto out = linear(a, "substeps=" + std::to_string(substeps), {1.0F, 0.0F, 0.0F, 1.0F, 1.0F}, 2);
    errors.push_back(std::fabs(static_cast<double>(out[2]) - oscillator(2.0)));
  }
  EXPECT_GT(errors[0] / errors[1], 12.0);
  EXPECT_LT(errors[0] / errors[1], 22.0);
  EXPECT_GT(errors[1] / errors[2], 12.0);
  EXPECT_LT(errors[1] / errors[2], 22.0);
}

TEST(DormandPrince, HoldsItsToleranceAtTimesInsideItsSteps) {
  const std::vector<float> a = {0.0F, 1.0F, -1.0F, -0.2F};
  const std::vector<float> decay = {-0.7F};
  // Two rows of different length, with times much closer than the steps are long.
  std::vector<float> x;
  std::vector<float> x_decay;
  for (const float step : {0.11F, 0.29F}) {
    x.insert(x.end(), {1.0F, 0.0F, 0.0F});
    x.insert(x.end(), 40, step);
    x_decay.insert(x_decay.end(), {2.0F, 0.0F});
    x_decay.insert(x_decay.end(), 40, step);
  }
  double before = 1.0;
  for (const double tolerance : {1e-2, 1e-3, 1e-4, 1e-5}) {
    const std::string solver = "tolerance=" + std::to_string(tolerance);
    const auto out = linear(a, solver, x, 40);
    const auto falling = linear(decay, solver, x_decay, 40);
    double worst = 0.0;
    for (std::size_t row = 0; row < 2; ++row) {
      for (std::size_t k = 0; k < 40; ++k) {
        const double t = (row == 0 ? 0.11 : 0.29) * static_cast<double>(k + 1);
        worst = std::max(worst, std::fabs(static_cast<double>(out[(row * 40 + k) * 2]) - oscillator(t)));
        worst = std::max(worst, std::fabs(static_cast<double>(falling[row * 40 + k]) - 2.0 * std::exp(-0.7 * t)));
      }
    }
    // The tolerance is of a step; over a dozen of them errors add up.
    EXPECT_LT(worst, 10.0 * tolerance);
    EXPECT_LT(worst, before);
    before = worst;
  }
}

TEST(DormandPrince, ARowWhoseTimesAreAllTheSameStaysWhereItIs) {
  const std::vector<float> decay = {-0.7F};
  const std::vector<float> x = {2.0F, 0.0F, 0.0F, 0.0F, 0.0F, 3.0F, 0.0F, 0.5F, 0.0F, 0.5F};
  const auto out = linear(decay, "tolerance=0.00001", x, 3);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(out[k], 2.0F);
  }
  EXPECT_NEAR(out[3], 3.0 * std::exp(-0.35), 1e-4);
  EXPECT_NEAR(out[4], 3.0 * std::exp(-0.35), 1e-4);
  EXPECT_NEAR(out[5], 3.0 * std::exp(-0.7), 1e-4);
}

TEST(DormandPrince, AgreesWithManyStepsOfRk4AndSaysWhereItCannot) {
  const std::string common = "ode states=2 steps=7 time=1 hidden=16 ";
  Network fine((common + "substeps=50").c_str());
  Network adaptive((common + "tolerance=1e-5").c_str());
  fine.initialize(3);
  set_parameters(adaptive, parameters_of(fine));
  std::vector<float> x;
  for (int r = 0; r < 5; ++r) {
    for (int i = 0; i < 10; ++i) {
      x.push_back(0.2F + 0.3F * static_cast<float>((7 * r + 3 * i) % 5));
    }
  }
  std::vector<float> expected(5 * 14);
  std::vector<float> out(5 * 14);
  fine.predict(x.data(), count(x), 5, expected.data(), count(expected), 1);
  adaptive.predict(x.data(), count(x), 5, out.data(), count(out), 1);
  EXPECT_LT(relative_difference(out, expected), 1e-4);
  std::vector<float> steep = parameters_of(fine);
  for (float& value : steep) {
    value *= 1e9F;
  }
  set_parameters(adaptive, steep);
  EXPECT_THROW(adaptive.predict(x.data(), count(x), 5, out.data(), count(out), 1), std::exception);
  EXPECT_EQ(last_error_kind(), kErrorDiverged);
}

// What one call does by its own actions, three do from where the one before ended, by theirs.
TEST(NeuralOde, AnActionLastsUntilTheNextTime) {
  for (const char* solver : {"substeps=3", "tolerance=1e-5", "implicit=1 tolerance=1e-5", "implicit=1 substeps=4"}) {
    const std::string common = std::string("ode states=2 actions=1 time=1 hidden=16 ") + solver;
    Network whole((common + " steps=3").c_str());
    Network part((common + " steps=1").c_str());
    whole.initialize(7);
    set_parameters(part, parameters_of(whole));
    std::vector<float> z = {0.4F, -0.7F};
    const std::vector<float> intervals = {0.6F, 0.2F, 0.9F};
    const std::vector<float> actions = {2.0F, -3.0F, 1.0F};
    float t = 0.25F;
    std::vector<float> x = {z[0], z[1], t};
    x.insert(x.end(), intervals.begin(), intervals.end());
    x.insert(x.end(), actions.begin(), actions.end());
    std::vector<float> out(6);
    whole.predict(x.data(), count(x), 1, out.data(), count(out), 1);
    std::vector<float> other = x;
    other.back() = 5.0F;
    std::vector<float> elsewhere(6);
    whole.predict(other.data(), count(other), 1, elsewhere.data(), count(elsewhere), 1);
    EXPECT_EQ(out[3], elsewhere[3]) << solver;
    EXPECT_GT(std::fabs(out[4] - elsewhere[4]), 1e-3F) << solver;
    for (std::size_t k = 0; k < 3; ++k) {
      const std::vector<float> one = {z[0], z[1], t, intervals[k], actions[k]};
      part.predict(one.data(), count(one), 1, z.data(), count(z), 1);
      t += intervals[k];
      EXPECT_NEAR(z[0], out[2 * k], 1e-4) << solver;
      EXPECT_NEAR(z[1], out[2 * k + 1], 1e-4) << solver;
    }
  }
}

TEST(Kvaerno, ErrorFallsEightfoldWithHalfTheStep) {
  const std::vector<float> a = {0.0F, 1.0F, -1.0F, -0.2F};
  std::vector<double> errors;
  for (const int substeps : {2, 4, 8}) {
    const auto out = linear(a, "implicit=1 substeps=" + std::to_string(substeps), {1.0F, 0.0F, 0.0F, 1.0F, 1.0F}, 2);
    errors.push_back(std::fabs(static_cast<double>(out[2]) - oscillator(2.0)));
  }
  EXPECT_GT(errors[0] / errors[1], 6.0);
  EXPECT_LT(errors[0] / errors[1], 11.0);
  EXPECT_GT(errors[1] / errors[2], 6.0);
  EXPECT_LT(errors[1] / errors[2], 11.0);
}

// z' = -(rate, and 1) z, turned: one direction dies at once, and RK4 with as many steps has long left single precision. (Turned by more than that
// single precision itself no longer tells the slow direction.)
TEST(Kvaerno, TakesAStiffEquationInFewSteps) {
  for (const double rate : {1e2, 1e3, 1e4}) {
    const double both = (rate + 1) / 2;
    const double apart = (rate - 1) / 2;
    const std::vector<float> a = {static_cast<float>(-both), static_cast<float>(apart), static_cast<float>(apart), static_cast<float>(-both)};
    std::vector<float> x = {1.0F, 0.0F, 0.0F};
    x.insert(x.end(), 10, 0.2F);
    for (const char* solver : {"implicit=1 substeps=2", "implicit=1 tolerance=1e-4"}) {
      const auto out = linear(a, solver, x, 10);
      for (std::size_t k = 0; k < 10; ++k) {
        const double t = 0.2 * static_cast<double>(k + 1);
        EXPECT_NEAR(out[2 * k], 0.5 * std::exp(-t), k < 2 ? 0.02 : 2e-3) << rate << ' ' << solver << ", output " << k;
        EXPECT_NEAR(out[2 * k + 1], 0.5 * std::exp(-t), k < 2 ? 0.02 : 2e-3) << rate << ' ' << solver << ", output " << k;
      }
    }
    const auto explicitly = linear(a, "substeps=2", x, 10);
    EXPECT_FALSE(std::fabs(explicitly[19]) < 1.0F) << rate;
  }
}

TEST(Kvaerno, TakesWhatIsAMillionTimesAsFastWhereItStandsByItself) {
  std::vector<float> x = {1.0F, 1.0F, 0.0F};
  x.insert(x.end(), 10, 0.2F);
  for (const char* solver : {"implicit=1 substeps=2", "implicit=1 tolerance=1e-4"}) {
    const auto out = linear({-1e6F, 0.0F, 0.0F, -1.0F}, solver, x, 10);
    for (std::size_t k = 0; k < 10; ++k) {
      EXPECT_NEAR(out[2 * k], 0.0, 1e-4) << solver;
      EXPECT_NEAR(out[2 * k + 1], std::exp(-0.2 * static_cast<double>(k + 1)), 1e-3) << solver;
    }
  }
}

TEST(Kvaerno, HoldsItsTolerance) {
  const std::vector<float> a = {0.0F, 1.0F, -1.0F, -0.2F};
  std::vector<float> x;
  for (const float step : {0.11F, 0.29F}) {
    x.insert(x.end(), {1.0F, 0.0F, 0.0F});
    x.insert(x.end(), 40, step);
  }
  double before = 1.0;
  for (const double tolerance : {1e-2, 1e-3, 1e-4, 1e-5}) {
    const auto out = linear(a, "implicit=1 tolerance=" + std::to_string(tolerance), x, 40);
    double worst = 0.0;
    for (std::size_t row = 0; row < 2; ++row) {
      for (std::size_t k = 0; k < 40; ++k) {
        const double t = (row == 0 ? 0.11 : 0.29) * static_cast<double>(k + 1);
        worst = std::max(worst, std::fabs(static_cast<double>(out[(row * 40 + k) * 2]) - oscillator(t)));
      }
    }
    EXPECT_LT(worst, 10.0 * tolerance);
    EXPECT_LE(worst, before);
    before = worst;
  }
}

TEST(Kvaerno, AgreesWithManyStepsOfRk4AndStaysWhereNoTimePasses) {
  for (const char* solver : {"implicit=1 substeps=20", "implicit=1 tolerance=1e-5"}) {
    const std::string common = "ode states=2 steps=7 time=1 hidden=16 ";
    Network fine((common + "substeps=50").c_str());
    Network implicit((common + solver).c_str());
    fine.initialize(3);
    set_parameters(implicit, parameters_of(fine));
    std::vector<float> x;
    for (int r = 0; r < 5; ++r) {
      for (int i = 0; i < 10; ++i) {
        x.push_back(r == 4 && i > 2 ? 0.0F : 0.2F + 0.3F * static_cast<float>((7 * r + 3 * i) % 5));
      }
    }
    std::vector<float> expected(5 * 14);
    std::vector<float> out(5 * 14);
    fine.predict(x.data(), count(x), 5, expected.data(), count(expected), 1);
    implicit.predict(x.data(), count(x), 5, out.data(), count(out), 1);
    EXPECT_LT(relative_difference(out, expected), 2e-4) << solver;
    EXPECT_EQ(out[4 * 14 + 12], x[40]);
    EXPECT_EQ(out[4 * 14 + 13], x[41]);
    std::vector<float> broken = parameters_of(fine);
    for (float& value : broken) {
      value = std::numeric_limits<float>::quiet_NaN();
    }
    set_parameters(implicit, broken);
    EXPECT_THROW(implicit.predict(x.data(), count(x), 5, out.data(), count(out), 1), std::exception);
    EXPECT_EQ(last_error_kind(), kErrorDiverged);
  }
}

// A network of van der Pol's field with mu = 100: four jumps in a time in which the fast direction dies twenty thousand times. Beside SciPy's Radau
// in double precision; a jump is a thousandth of the period long, so what is asked during one may be on its other side.
struct Flow {
  double mean = 0.0;
  double share = 0.0;  // of outputs that are off by more than 0.05
};

Flow off(const std::string& solver) {
  const Fixture fixture("ode_van_der_pol");
  Network network((fixture.text("network") + " " + solver).c_str());
  set_parameters(network, fixture.tensor("initial"));
  const std::vector<float>& x = fixture.tensor("x");
  const std::vector<float>& truth = fixture.tensor("truth");
  std::vector<float> out(truth.size());
  network.predict(x.data(), count(x), count(x) / network.inputs(), out.data(), count(out), 1);
  Flow flow;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double difference = std::fabs(static_cast<double>(out[i]) - static_cast<double>(truth[i]));
    flow.mean += difference / static_cast<double>(out.size());
    flow.share += difference < 0.05 ? 0.0 : 1.0 / static_cast<double>(out.size());
  }
  return flow;
}

TEST(Kvaerno, FollowsVanDerPolsRelaxation) {
  const Flow implicit = off("implicit=1 tolerance=1e-4");
  EXPECT_LT(implicit.mean, 0.01);
  EXPECT_LT(implicit.share, 0.02);
  EXPECT_LT(off("implicit=1 tolerance=1e-3").mean, 0.03);
  // Explicit steps of the length that the outputs are apart, or a twentieth of it, lead nowhere.
  EXPECT_FALSE(off("substeps=1").mean < 1.0);
  EXPECT_FALSE(off("substeps=20").mean < 1.0);
}

TEST(DormandPrince, FollowsItTooInManyMoreSteps) { EXPECT_LT(off("tolerance=1e-3").mean, 0.05); }

TEST(SmallLu, SolvesBothWaysAndRefusesWhatIsSingular) {
  const std::vector<double> a = {0.0, 2.0, -1.0, 1e-3, 1.0, 4.0, 3.0, -1.0, 0.5};
  SmallLu lu;
  ASSERT_TRUE(lu.factor(a, 3));
  const std::vector<double> x = {0.3, -2.0, 1.5};
  std::vector<double> b(3, 0.0);
  std::vector<double> transposed(3, 0.0);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      b[i] += a[3 * i + j] * x[j];
      transposed[i] += a[3 * j + i] * x[j];
    }
  }
  lu.solve(b);
  lu.solve_transposed(transposed);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(b[i], x[i], 1e-12);
    EXPECT_NEAR(transposed[i], x[i], 1e-12);
  }
  EXPECT_FALSE(lu.factor({1.0, 2.0, 2.0, 4.0}, 2));
  EXPECT_FALSE(lu.factor({std::numeric_limits<double>::quiet_NaN()}, 1));
}

class OdeGradient : public testing::TestWithParam<const char*> {};

TEST_P(OdeGradient, EqualsFiniteDifferences) {
  const auto net = make_net(GetParam());
  const auto& ode = dynamic_cast<const NeuralOde&>(*net);
  constexpr int64_t kRows = 3;
  FloatBuffer params(ode.layout().extent());
  ode.initialize(params.data(), 5);
  OdePass pass(ode, kRows, true);
  for (int64_t i = 0; i < kRows * ode.inputs(); ++i) {
    pass.input()[i] = 0.3F + 0.4F * static_cast<float>(std::fabs(std::sin(1.3 * static_cast<double>(i))));
  }
  std::vector<float> weights;
  for (int64_t i = 0; i < kRows * ode.outputs(); ++i) {
    weights.push_back(static_cast<float>(std::cos(2.1 * static_cast<double>(i))));
  }
  const auto value = [&] {
    pass.forward(params.data(), kRows);
    double sum = 0.0;
    for (int64_t i = 0; i < kRows * ode.outputs(); ++i) {
      sum += static_cast<double>(weights[static_cast<std::size_t>(i)]) * static_cast<double>(pass.output()[i]);
    }
    return sum;
  };
  value();
  std::copy(weights.begin(), weights.end(), pass.output_gradient());
  pass.backward(params.data());
  FloatBuffer grads(ode.layout().extent());
  pass.weight_gradients(test::all_of(ode.field()), grads.data());
  expect_finite_differences(ode.layout(), params.data(), grads.data(), value, 3e-3);
}

INSTANTIATE_TEST_SUITE_P(Solvers, OdeGradient,
                         testing::Values("ode states=2 steps=4 time=1 hidden=8,6 substeps=2",
                                         "ode states=2 actions=2 steps=3 time=1 hidden=8 substeps=2",
                                         "ode states=2 actions=1 steps=4 hidden=8 tolerance=1e-6",
                                         "ode states=2 actions=1 steps=3 hidden=8 implicit=1 tolerance=1e-5",
                                         "ode states=3 steps=2 hidden=7 activation=silu",
                                         "ode states=2 steps=9 time=1 hidden=8 tolerance=1e-6",
                                         "ode states=1 steps=1 tolerance=1e-4",
                                         "ode states=3 steps=3 time=1 hidden=8,6 substeps=2 implicit=1",
                                         "ode states=2 steps=4 hidden=8 activation=silu tolerance=1e-3 implicit=1",
                                         "ode states=1 steps=2 implicit=1"),
                         [](const auto& instance) { return "case" + std::to_string(instance.index); });

TEST(NeuralOde, PrunesAllocatesAndCalibratesWithWhatIsFrozenKeptBitForBit) { expect_frozen_bits(Fixture("ode_rk4")); }

TEST(NeuralOde, RefusesWhatIsNoNetwork) {
  for (const char* description :
       {"ode states=0", "ode states=2 substeps=0", "ode states=2 tolerance=2", "ode states=2 tolerance=1e-9",
        "ode states=2 tolerance=1e-3 substeps=2", "ode states=2 steps=0", "ode states=2 hidden=0"}) {
    EXPECT_THROW(Network{description}, std::exception) << description;
    EXPECT_EQ(last_error_kind(), kErrorInvalidArgument);
  }
}

}  // namespace
}  // namespace pacnet
