// What methods add to a fit, against PyTorch in Python (tests/fixtures/make_method_fixtures.py) and finite differences.

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/softmax.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fixture.h"
#include "nn/terms.h"
#include "pacnet/pacnet.h"
#include "scopes.h"

namespace pacnet {
namespace {

using namespace test;  // NOLINT: the helpers of this very file's subject

constexpr double kMethodTolerance = 1e-5;

class MethodFixture : public testing::TestWithParam<const char*> {
 protected:
  // The scope that the case's keys and tensors name.
  static void set_terms(const Fixture& f, const Network& network, FitScope& scope) {
    if (f.has_tensor("anchor")) {
      scope.set_anchor(f.tensor("anchor").data(), count(f.tensor("anchor")));
    }
    if (f.has_tensor("precision")) {
      for (int64_t t = 0; t < network.tensor_count(); ++t) {
        scope.set_pull(t, f.number("l2"));
      }
      scope.set_precision(f.tensor("precision").data(), count(f.tensor("precision")));
      scope.add_low_rank(f.tensor("column0").data(), count(f.tensor("column0")));
      scope.add_low_rank(f.tensor("column1").data(), count(f.tensor("column1")));
    }
    for (int64_t layer = 0; layer < 2; ++layer) {
      const std::string name = "features" + std::to_string(layer);
      if (f.has_tensor(name)) {
        scope.set_feature_pull(layer, f.tensor(name).data(), count(f.tensor(name)));
      }
    }
    if (f.has("spectral")) {
      scope.set_spectral_penalty(f.number("spectral"), static_cast<int64_t>(f.number("spectral_count")));
    }
    if (f.has("soft")) {
      const bool table = f.has_tensor("table");
      scope.set_soft_labels(static_cast<int64_t>(f.number("first")), f.number("temperature"), f.number("soft"),
                            table ? f.tensor("table").data() : nullptr, table ? count(f.tensor("table")) : 0);
    }
    if (f.has("stochastic")) {
      scope.set_stochastic_normalisation(f.number("stochastic"));
    }
    for (int64_t t = 0; t < network.tensor_count(); ++t) {
      const std::string name = "adapter" + std::to_string(t);
      if (f.has_tensor(name)) {
        scope.set_adapter(t, 2, f.number("adapter_scale"), f.tensor(name).data(), count(f.tensor(name)));
      }
    }
    if (f.has("policy")) {
      const std::vector<uint8_t> all(6, 1);
      scope.set_policy(reinterpret_cast<const bool*>(all.data()), 6, f.number("budget"), f.number("policy"), 0.5, false);
    }
    if (f.has("gate_strength")) {
      const bool gated[] = {true, true, true, true, false, false};
      scope.set_gates(gated, 6, f.number("gate_threshold"), f.number("gate_start"), f.number("gate_strength"), 0);
    }
  }
};

TEST_P(MethodFixture, OneEpochAgreesWithPyTorch) {
  const Fixture f(GetParam());
  for (const int threads : {1, 2}) {
    Network network(f.text("network").c_str());
    set_parameters(network, f.tensor("initial"));
    PhaseScope all(network);
    set_terms(f, network, all.scope);
    FitOptions options = options_of(f);
    options.threads = threads;
    const double loss = fit(network, options, all, f.tensor("x"), f.tensor("y"));
    // A normalised convolution's sums differ more from one processor to the next.
    const double tolerance = f.text("network").starts_with("cnn") ? 3 * kMethodTolerance : kMethodTolerance;
    EXPECT_NEAR(loss, f.number("trained_loss"), tolerance * f.number("trained_loss"));
    EXPECT_LT(relative_difference(parameters_of(network), f.tensor("trained")), tolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, MethodFixture,
                         testing::Values("method_pull", "method_features", "method_spectral", "method_lwf",
                                         "method_lwf_same", "method_cotuning", "method_gates", "method_policy", "method_policy_factors", "method_adapters",
                                         "method_adapters_images", "method_images", "method_stochastic"),
                         [](const auto& instance) { return std::string(instance.param); });

// Whatever is learnt, what a matrix has learnt is of no higher rank; two minors of size 2 of a change of rank 1 are zero.
TEST(Adapters, ChangeByNoMoreThanTheirRankAndLeaveTheRest) {
  const Fixture f("method_adapters");
  Network network(f.text("network").c_str());
  set_parameters(network, f.tensor("initial"));
  PhaseScope scope(network);
  const std::vector<float> a(f.tensor("adapter0").begin(), f.tensor("adapter0").begin() + 6);
  scope.scope.set_adapter(0, 1, 1.0, a.data(), 6);
  for (int64_t t = 1; t < network.tensor_count(); ++t) {
    const std::vector<uint8_t> none(static_cast<std::size_t>((size_of(network, t) + 7) / 8), 0);
    scope.scope.set_trainable(t, none.data(), count(none));
  }
  FitOptions options = options_of(f);
  options.epochs = 20;
  fit(network, options, scope, f.tensor("x"), f.tensor("y"));
  const std::vector<float> after = parameters_of(network);
  const auto change = [&](std::size_t row, std::size_t column) {
    return static_cast<double>(after[row * 6 + column]) - static_cast<double>(f.tensor("initial")[row * 6 + column]);
  };
  double size = 0.0;
  for (std::size_t row = 0; row < 15; ++row) {
    for (std::size_t column = 0; column < 5; ++column) {
      const double minor = change(row, column) * change(row + 1, column + 1) - change(row, column + 1) * change(row + 1, column);
      EXPECT_NEAR(minor, 0.0, 1e-6);
      size = std::max(size, std::fabs(change(row, column)));
    }
  }
  EXPECT_GT(size, 0.05);
  EXPECT_TRUE(std::equal(after.begin() + 96, after.end(), f.tensor("initial").begin() + 96));
}

TEST(Adapters, ThatCannotBeAreRefused) {
  const Fixture f("method_adapters");
  Network network(f.text("network").c_str());
  const std::vector<float> a(96);
  const auto refused = [&](const auto& change) {
    PhaseScope scope(network);
    EXPECT_ANY_THROW({
      change(scope.scope);
      fit(network, options_of(f), scope, f.tensor("x"), f.tensor("y"));
    });
    EXPECT_EQ(last_error_kind(), kErrorInvalidArgument);
  };
  refused([&](FitScope& scope) { scope.set_adapter(1, 1, 1.0, a.data(), 1); });   // a bias
  refused([&](FitScope& scope) { scope.set_adapter(0, 7, 1.0, a.data(), 42); });  // of 6 columns
  refused([&](FitScope& scope) { scope.set_adapter(0, 2, 1.0, a.data(), 11); });
  refused([&](FitScope& scope) {
    scope.set_adapter(0, 2, 1.0, a.data(), 12);
    scope.set_pull(0, 0.1);
  });
  refused([&](FitScope& scope) {
    scope.set_adapter(0, 2, 1.0, a.data(), 12);
    const bool gated[] = {true, true, true, true, false, false};
    scope.set_gates(gated, 6, 0.1, 0.2, 0.0, 0);
  });
  refused([&](FitScope& scope) {
    scope.set_adapter(0, 2, 1.0, a.data(), 12);
    const std::vector<uint8_t> none(12, 0);
    scope.set_trainable(0, none.data(), 12);
  });
}

// --- Gradients by finite differences of the terms as they are defined ----------------------------------------------

std::vector<float> numbers(std::size_t count, double scale = 1.0) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(scale * std::sin(0.7 + 1.9 * static_cast<double>(i * i % 101)));
  }
  return values;
}

// Compares a gradient with that of `value` at x.
void expect_gradient(const std::vector<float>& gradient, std::vector<float> x,
                     const std::function<double(const std::vector<float>&)>& value) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float at = x[i];
    constexpr float kStep = 1e-2F;
    x[i] = at + kStep;
    const double above = value(x);
    x[i] = at - kStep;
    const double below = value(x);
    x[i] = at;
    const double slope = (above - below) / (2.0 * static_cast<double>(kStep));
    EXPECT_NEAR(static_cast<double>(gradient[i]), slope, 2e-3 * std::max(0.1, std::fabs(slope))) << i;
  }
}

TEST(Terms, FeatureGradientIsThatOfItsDefinition) {
  const std::vector<float> weight = {0.5F, 0.0F, 2.0F};
  const std::vector<float> f = numbers(4 * 3);
  const std::vector<float> r = numbers(4 * 3, 0.3);
  std::vector<float> gradient(f.size());
  add_feature_gradient(weight, f.data(), r.data(), 4, 2, gradient.data());  // two rows of two pixels
  expect_gradient(gradient, f, [&](const std::vector<float>& x) {
    double sum = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      sum += static_cast<double>(weight[i % 3]) * std::pow(static_cast<double>(x[i] - r[i]), 2);
    }
    return sum / 2.0;
  });
}

class SpectralTerm : public testing::TestWithParam<std::pair<int64_t, int64_t>> {};

TEST_P(SpectralTerm, GradientIsThatOfTheSingularValues) {
  const auto [rows, channels] = GetParam();
  const std::vector<float> f = numbers(static_cast<std::size_t>(rows * channels));
  std::vector<float> gradient(f.size());
  add_spectral_gradient(0.7, 2, f.data(), rows, channels, gradient.data());
  expect_gradient(gradient, f, [&, rows = rows, channels = channels](std::vector<float> x) {
    const at::Tensor values = at::linalg_svdvals(at::from_blob(x.data(), {rows, channels}).to(at::kDouble));
    return 0.7 / static_cast<double>(rows) * values.narrow(0, values.size(0) - 2, 2).square().sum().item<double>();
  });
}

INSTANTIATE_TEST_SUITE_P(Shapes, SpectralTerm,
                         testing::Values(std::pair<int64_t, int64_t>{7, 4}, std::pair<int64_t, int64_t>{3, 6},
                                         std::pair<int64_t, int64_t>{4, 4}));

TEST(Terms, SpectralOfOneRowIsItsWholeLength) {
  const std::vector<float> f = {3.0F, 4.0F};
  std::vector<float> gradient(2);
  add_spectral_gradient(1.0, 5, f.data(), 1, 2, gradient.data());  // fewer singular values than asked for
  EXPECT_FLOAT_EQ(gradient[0], 6.0F);
  EXPECT_FLOAT_EQ(gradient[1], 8.0F);
}

TEST(Terms, SoftGradientIsThatOfTheCrossEntropy) {
  const std::vector<float> out = numbers(3 * 5, 2.0);
  const std::vector<float> reference = numbers(3 * 5, 0.8);
  const Terms::Soft soft{0.6, 2.0, 2, 3, {}};
  std::vector<float> gradient(out.size());
  add_soft_gradient(soft, out.data(), reference.data(), {nullptr, 1, false}, 3, 3, 5, gradient.data());
  expect_gradient(gradient, out, [&](std::vector<float> x) {
    const at::Tensor o = at::from_blob(x.data(), {3, 5}).narrow(1, 2, 3).to(at::kDouble) / 2.0;
    std::vector<float> copy = reference;
    const at::Tensor q = at::softmax(at::from_blob(copy.data(), {3, 5}).narrow(1, 2, 3).to(at::kDouble) / 2.0, 1);
    return -0.6 * (q * at::log_softmax(o, 1)).sum(1).mean().item<double>();
  });
}

// --- What must hold besides --------------------------------------------------------------------------------------

struct Regression {
  Regression() : network("mlp sizes=6,16,12,2 activation=silu") {
    network.initialize(3);
    x = numbers(6 * 40);
    y = numbers(2 * 40);
    options.epochs = 30;
    options.learning_rate = 0.01;
  }
  Network network;
  std::vector<float> x;
  std::vector<float> y;
  FitOptions options;
};

TEST(GatedFit, AClosedLayerIsItsStartBitForBit) {
  Regression r;
  std::vector<float> start = parameters_of(r.network);
  start[5] = -0.0F;  // would become +0.0 if anything were added to it
  set_parameters(r.network, start);
  const bool gated[] = {true, true, true, true, false, false};
  PhaseScope all(r.network);
  all.scope.set_gates(gated, 6, 0.1, 0.11, 100.0, 0);  // so strong that both gates close at once
  fit(r.network, r.options, all, r.x, r.y);
  const std::vector<float> end = parameters_of(r.network);
  const std::size_t body = 16 * 6 + 16 + 12 * 16 + 12;
  for (std::size_t i = 0; i < body; ++i) {
    EXPECT_EQ(std::bit_cast<uint32_t>(start[i]), std::bit_cast<uint32_t>(end[i])) << i;
  }
  EXPECT_NE(start[body], end[body]);
}

TEST(GatedFit, InEpochsWithoutAPullNoGateClosesThatAPullWouldClose) {
  const bool gated[] = {true, true, true, true, false, false};
  const auto learnt = [&](int64_t epochs, double strength, int64_t free_epochs) {
    Regression r;
    PhaseScope all(r.network);
    all.scope.set_gates(gated, 6, 0.1, 0.11, strength, free_epochs);
    r.options.epochs = epochs;
    fit(r.network, r.options, all, r.x, r.y);
    return parameters_of(r.network);
  };
  EXPECT_EQ(learnt(2, 100.0, 2), learnt(2, 0.0, 0));
  EXPECT_EQ(learnt(2, 100.0, 7), learnt(2, 0.0, 0));
  // From the third epoch on the pull is there: the layers are their start.
  const std::vector<float> pulled = learnt(30, 100.0, 2);
  Regression r;
  const std::vector<float> start = parameters_of(r.network);
  const std::ptrdiff_t body = 16 * 6 + 16 + 12 * 16 + 12;
  EXPECT_TRUE(std::equal(start.begin(), start.begin() + body, pulled.begin()));
  EXPECT_NE(learnt(30, 0.0, 0), pulled);
}

TEST(GatedFit, WithoutAPullAndFarAboveTheThresholdItIsAPlainFit) {
  Regression gated;
  Regression plain;
  const bool flags[] = {true, true, true, true, true, true};
  PhaseScope all(gated.network);
  all.scope.set_gates(flags, 6, -1e9, 1.0, 0.0, 0);
  fit(gated.network, gated.options, all, gated.x, gated.y);
  fit(plain.network, plain.options, PhaseScope(plain.network), plain.x, plain.y);
  EXPECT_LT(relative_difference(parameters_of(gated.network), parameters_of(plain.network)), 1e-3);
}

TEST(Penalty, APrecisionOfOneIsThePlainPull) {
  Regression precise;
  Regression plain;
  const std::vector<float> ones(static_cast<std::size_t>(precise.network.parameter_count()), 1.0F);
  PhaseScope with(precise.network, Train::kAll, 0.05);
  with.scope.set_precision(ones.data(), count(ones));
  fit(precise.network, precise.options, with, precise.x, precise.y);
  fit(plain.network, plain.options, PhaseScope(plain.network, Train::kAll, 0.05), plain.x, plain.y);
  EXPECT_LT(relative_difference(parameters_of(precise.network), parameters_of(plain.network)), 1e-3);
}

TEST(RandomPruning, KeepsExactlyKWhateverTheMagnitudes) {
  Regression r;
  const auto prunable = std::make_unique<bool[]>(6);
  for (int64_t t = 0; t < 6; ++t) {
    prunable[static_cast<std::size_t>(t)] = r.network.tensor_rank(t) == 2;
  }
  const std::vector<float> start = parameters_of(r.network);
  EXPECT_EQ(r.network.prune(0.8, kPruneRandom, 1, prunable.get(), 6, 1), 62);  // round(0.2 * 312)
  const std::vector<float> first = mask_of(r.network);
  set_parameters(r.network, start);
  r.network.prune(0.8, kPruneRandom, 1, prunable.get(), 6, 1);
  EXPECT_EQ(mask_of(r.network), first);
  set_parameters(r.network, start);
  r.network.prune(0.8, kPruneRandom, 2, prunable.get(), 6, 1);
  EXPECT_NE(mask_of(r.network), first);
  set_parameters(r.network, start);
  r.network.prune(0.8, kPrunePlain, 2, prunable.get(), 6, 1);
  const std::vector<float> largest = mask_of(r.network);
  int both = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    both += first[i] == 1.0F && largest[i] == 1.0F ? 1 : 0;
  }
  EXPECT_LT(both, 62 / 2 + 30);  // the 30 biases are in every mask; of the weights a fifth meet by chance
}

TEST(StochasticNormalisation, HalfWayEachChannelTakesOneOfTheTwo) {
  // With scale and shift alone trainable and one step, the gradient of a channel's shift says which way it went.
  const Fixture f("method_stochastic");
  const auto stepped = [&](double chance, uint64_t seed) {
    Network network(f.text("network").c_str());
    set_parameters(network, f.tensor("initial"));
    PhaseScope all(network);
    all.scope.set_stochastic_normalisation(chance);
    FitOptions options = options_of(f);
    options.seed = seed;
    options.batch_size = 160;
    fit(network, options, all, f.tensor("x"), f.tensor("y"));
    return parameters_of(network);
  };
  const std::vector<float> batch = stepped(0.0, 1);
  const std::vector<float> running = stepped(1.0, 1);
  const std::vector<float> half = stepped(0.5, 1);
  EXPECT_NE(half, batch);
  EXPECT_NE(half, running);
  EXPECT_EQ(half, stepped(0.5, 1));
  EXPECT_NE(half, stepped(0.5, 2));
  // The running statistics of the first block's input do not depend on how it is normalised.
  const std::size_t first = 6 * 2 * 9 + 12;
  EXPECT_EQ(std::vector<float>(half.begin() + first, half.begin() + first + 12),
            std::vector<float>(batch.begin() + first, batch.begin() + first + 12));
}

TEST(FitScopeTerms, RefuseWhatDoesNotFit) {
  Regression r;
  PhaseScope all(r.network);
  const std::vector<float> weights(16, 1.0F);
  const auto refused = [](const std::function<void()>& body) {
    try {
      body();
    } catch (const std::exception&) {
      return last_error_kind() == kErrorInvalidArgument;
    }
    return false;
  };
  EXPECT_TRUE(refused([&] { all.scope.set_feature_pull(0, weights.data(), 15); }));
  EXPECT_TRUE(refused([&] { all.scope.set_feature_pull(2, weights.data(), 16); }));
  EXPECT_TRUE(refused([&] { all.scope.set_spectral_penalty(-1, 1); }));
  EXPECT_TRUE(refused([&] { all.scope.set_spectral_penalty(1, 0); }));
  EXPECT_TRUE(refused([&] { all.scope.set_soft_labels(2, 1, 1, nullptr, 0); }));
  EXPECT_TRUE(refused([&] { all.scope.set_soft_labels(1, 0, 1, nullptr, 0); }));
  EXPECT_TRUE(refused([&] { all.scope.set_stochastic_normalisation(1.5); }));
  EXPECT_TRUE(refused([&] { all.scope.set_precision(weights.data(), 16); }));
  all.scope.set_feature_pull(0, weights.data(), 16);
  EXPECT_TRUE(refused([&] { fit(r.network, r.options, all, r.x, r.y); }));  // no anchor
  PhaseScope soft(r.network);
  soft.scope.set_soft_labels(1, 1, 1, weights.data(), 1);
  EXPECT_TRUE(refused([&] { fit(r.network, r.options, soft, r.x, r.y); }));  // not cross-entropy
}

TEST(SoftLabels, ATableHasARowForEachLabel) {
  const Network network("mlp sizes=3,4,5");
  FitScope scope(network);
  const std::vector<float> table(25, 0.2F);
  scope.set_soft_labels(0, 1.0, 0.5, table.data(), 25);        // labels are the outputs
  scope.set_soft_labels(2, 1.0, 0.5, table.data(), 2 * 3);     // labels are the first two of them
  EXPECT_THROW(scope.set_soft_labels(0, 1.0, 0.5, table.data(), 0), std::exception);
}

}  // namespace
}  // namespace pacnet
