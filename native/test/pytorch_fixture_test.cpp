// The public API against PyTorch in Python: tests/fixtures/make_fixtures.py wrote what torch.optim and autograd make of
// the same weights and batches. PACNET_FIXTURES is that folder.

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fixture.h"
#include "pacnet/pacnet.h"
#include "scopes.h"

namespace pacnet {
namespace {

using test::PhaseScope;
using test::Train;

constexpr double kTolerance = 1e-5;

using test::count;
using test::fit;
using test::Fixture;
using test::mask_of;
using test::options_of;
using test::parameters_of;
using test::relative_difference;
using test::set_parameters;

struct Case {
  explicit Case(const Fixture& f)
      : network(f.perceptron(" activation=" + f.text("activation")).c_str()) {}

  Network network;
};

class TrainFixture : public testing::TestWithParam<const char*> {};

TEST_P(TrainFixture, PruneAllocateAndCalibrateAgreeWithPyTorch) {
  const Fixture f(GetParam());
  Case c(f);
  set_parameters(c.network, f.tensor("initial"));
  bool flags[6];
  ASSERT_EQ(c.network.tensor_count(), 6);
  for (int64_t t = 0; t < 6; ++t) {
    flags[t] = c.network.tensor_rank(t) >= 2;
  }
  EXPECT_EQ(c.network.prune(f.number("ratio"), kPrunePlain, 0, flags, 6, 1), static_cast<int64_t>(f.number("kept")));
  const std::vector<float>& mask = f.tensor("mask");
  EXPECT_EQ(mask_of(c.network), mask);
  EXPECT_EQ(parameters_of(c.network), f.tensor("pruned"));

  const FitOptions o = options_of(f);
  const PhaseScope allocate(c.network, Train::kKept);
  double loss = fit(c.network, o, allocate, f.tensor("x_source"), f.tensor("y_source"));
  EXPECT_NEAR(loss, f.number("allocate_loss"), kTolerance * f.number("allocate_loss"));
  const std::vector<float> allocated = parameters_of(c.network);
  EXPECT_LT(relative_difference(allocated, f.tensor("allocated")), kTolerance);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == 0.0F) {
      EXPECT_EQ(std::bit_cast<uint32_t>(allocated[i]), 0U) << i;
    }
  }

  set_parameters(c.network, f.tensor("allocated"));
  const PhaseScope calibrate(c.network, Train::kPruned, f.number("l2"));
  loss = fit(c.network, o, calibrate, f.tensor("x_target"), f.tensor("y_target"));
  EXPECT_NEAR(loss, f.number("calibrate_loss"), kTolerance * f.number("calibrate_loss"));
  const std::vector<float> calibrated = parameters_of(c.network);
  EXPECT_LT(relative_difference(calibrated, f.tensor("calibrated")), kTolerance);
  std::size_t moved = 0;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == 1.0F) {
      EXPECT_EQ(std::bit_cast<uint32_t>(calibrated[i]), std::bit_cast<uint32_t>(f.tensor("allocated")[i])) << i;
    } else {
      moved += calibrated[i] != 0.0F ? 1 : 0;
    }
  }
  EXPECT_GT(moved, 100U);  // dead ReLU units leave some where they are

  std::vector<float> predictions(f.tensor("predictions").size());
  c.network.predict(f.tensor("x_target").data(), count(f.tensor("x_target")), 800, predictions.data(),
                    count(predictions), 2);
  EXPECT_LT(relative_difference(predictions, f.tensor("predictions")), kTolerance);
}

INSTANTIATE_TEST_SUITE_P(Cases, TrainFixture,
                         testing::Values("train_mse_relu_adam", "train_huber_tanh_adamw", "train_mae_sigmoid_sgd",
                                         "train_cross_entropy_gelu_adam_cosine", "train_mse_silu_adam_linear"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(L2spFixture, FiftyStepsAgreeWithPyTorch) {
  const Fixture f("l2sp_mse_tanh_adam");
  Case c(f);
  set_parameters(c.network, f.tensor("initial"));
  PhaseScope toward_the_start(c.network, Train::kAll, f.number("l2"));
  toward_the_start.scope.set_anchor(f.tensor("initial").data(), count(f.tensor("initial")));
  const double loss = fit(c.network, options_of(f), toward_the_start, f.tensor("x_target"), f.tensor("y_target"));
  EXPECT_NEAR(loss, f.number("trained_loss"), kTolerance * f.number("trained_loss"));
  EXPECT_LT(relative_difference(parameters_of(c.network), f.tensor("trained")), kTolerance);
}

class PruneFixture : public testing::TestWithParam<const char*> {};

TEST_P(PruneFixture, MasksAreExactlyPyTorchs) {
  const Fixture f(GetParam());
  const auto runs = static_cast<int>(f.number("runs"));
  ASSERT_GT(runs, 0);
  for (int run = 0; run < runs; ++run) {
    const std::string name = "run" + std::to_string(run) + ".";
    Network network(f.perceptron().c_str());
    set_parameters(network, f.tensor("parameters"));
    const std::vector<float>& flags = f.tensor(name + "prunable");
    const auto prunable = std::make_unique<bool[]>(flags.size());
    for (std::size_t t = 0; t < flags.size(); ++t) {
      prunable[t] = flags[t] != 0.0F;
    }
    const PruningRule rule = f.number(name + "per_layer") != 0.0 ? kPrunePerLayer : kPrunePlain;
    const int64_t kept = network.prune(f.number(name + "ratio"), rule, 0, prunable.get(), count(flags), 1);
    EXPECT_EQ(kept, static_cast<int64_t>(f.number(name + "kept"))) << name;
    const std::vector<float> mask = mask_of(network);
    const std::vector<float> parameters = parameters_of(network);
    EXPECT_EQ(mask, f.tensor(name + "mask")) << name;
    for (std::size_t i = 0; i < mask.size(); ++i) {
      const float expected = mask[i] == 1.0F ? f.tensor("parameters")[i] : 0.0F;
      EXPECT_EQ(std::bit_cast<uint32_t>(parameters[i]), std::bit_cast<uint32_t>(expected)) << name << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, PruneFixture,
                         testing::Values("prune_all_equal", "prune_denormals", "prune_large", "prune_neighbours",
                                         "prune_ties", "prune_zeros"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace pacnet
