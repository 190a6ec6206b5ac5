// The Gaussian process against scikit-learn (tests/fixtures/make_gp_fixtures.py) and finite differences.

#include "gp/gaussian_process.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cholesky_inverse.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "fixture.h"
#include "pacnet/pacnet.h"
#include "gp/positive_definite.h"

namespace pacnet {
namespace {

using test::count;
using test::Fixture;

class GpFixture : public testing::TestWithParam<const char*> {};

TEST_P(GpFixture, WithItsKernelTheProcessIsScikitLearns) {
  const Fixture f(GetParam());
  const std::vector<float>& y = f.tensor("y");
  const std::vector<float>& kernel = f.tensor("kernel");
  const GaussianProcess gp(f.tensor("x").data(), count(f.tensor("x")), nullptr, 0, y.data(), nullptr, nullptr, count(y), kernel.data(), count(kernel), 1);
  EXPECT_NEAR(gp.log_likelihood(), f.number("likelihood"), 1e-3);
  std::vector<float> mean(40);
  std::vector<float> deviation(40);
  gp.predict(f.tensor("x_test").data(), count(f.tensor("x_test")), nullptr, 0, 40, mean.data(), deviation.data(), 40);
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_NEAR(mean[i], f.tensor("mean")[i], 1e-3F) << i;
    EXPECT_NEAR(deviation[i], f.tensor("deviation")[i], 2e-3F) << i;
  }
}

TEST_P(GpFixture, TheKernelThatIsFoundIsAsLikelyAndPredictsTheSame) {
  const Fixture f(GetParam());
  const std::vector<float>& y = f.tensor("y");
  const GaussianProcess gp(f.tensor("x").data(), count(f.tensor("x")), nullptr, 0, y.data(), nullptr, nullptr, count(y), nullptr, 0, 1);
  EXPECT_GT(gp.log_likelihood(), f.number("likelihood") - 1e-3);
  std::vector<float> mean(40);
  std::vector<float> deviation(40);
  gp.predict(f.tensor("x_test").data(), count(f.tensor("x_test")), nullptr, 0, 40, mean.data(), deviation.data(), 40);
  if (gp.log_likelihood() < f.number("likelihood") + 1e-2) {  // not a better one
    for (std::size_t i = 0; i < 40; ++i) {
      EXPECT_NEAR(mean[i], f.tensor("mean")[i], 1e-2F) << i;
    }
  }
}

TEST_P(GpFixture, FromItsKernelItComesBackBitForBit) {
  const Fixture f(GetParam());
  const std::vector<float>& y = f.tensor("y");
  const std::vector<float>& x = f.tensor("x");
  const GaussianProcess gp(x.data(), count(x), nullptr, 0, y.data(), nullptr, nullptr, count(y), nullptr, 0, 1);
  std::vector<float> kernel(static_cast<std::size_t>(f.number("inputs")) + 2);
  gp.get_kernel(kernel.data(), count(kernel));
  const GaussianProcess again(x.data(), count(x), nullptr, 0, y.data(), nullptr, nullptr, count(y), kernel.data(), count(kernel), 1);
  std::vector<float> first(y.size());
  std::vector<float> second(y.size());
  std::vector<float> deviation(y.size());
  gp.predict(x.data(), count(x), nullptr, 0, count(y), first.data(), deviation.data(), count(y));
  again.predict(x.data(), count(x), nullptr, 0, count(y), second.data(), deviation.data(), count(y));
  EXPECT_EQ(first, second);
}

INSTANTIATE_TEST_SUITE_P(Cases, GpFixture, testing::Values("gp_small", "gp_more", "gp_one_input"),
                         [](const auto& instance) { return std::string(instance.param); });

class CoKrigingFixture : public testing::TestWithParam<const char*> {};

TEST_P(CoKrigingFixture, WithItsKernelTheProcessIsNumPys) {
  const Fixture f(GetParam());
  const auto at = [&](const char* name) { return f.tensor(name).data(); };
  const auto size = [&](const char* name) { return count(f.tensor(name)); };
  const GaussianProcess gp(at("x"), size("x"), at("o"), size("o"), at("y"), nullptr, nullptr, size("y"), at("kernel"), size("kernel"), 1);
  EXPECT_NEAR(gp.log_likelihood(), f.number("posterior"), 1e-3);
  std::vector<float> mean(40);
  std::vector<float> deviation(40);
  gp.predict(at("x_test"), size("x_test"), at("o_test"), size("o_test"), 40, mean.data(), deviation.data(), 40);
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_NEAR(mean[i], f.tensor("mean")[i], 1e-4F) << i;
    EXPECT_NEAR(deviation[i], f.tensor("deviation")[i], 1e-4F) << i;
  }
}

TEST_P(CoKrigingFixture, TheKernelThatIsFoundIsAsLikely) {
  const Fixture f(GetParam());
  const auto at = [&](const char* name) { return f.tensor(name).data(); };
  const auto size = [&](const char* name) { return count(f.tensor(name)); };
  const GaussianProcess gp(at("x"), size("x"), at("o"), size("o"), at("y"), nullptr, nullptr, size("y"), nullptr, 0, 1);
  EXPECT_GT(gp.log_likelihood(), f.number("posterior") - 1e-2);
}

INSTANTIATE_TEST_SUITE_P(Cases, CoKrigingFixture, testing::Values("gp_source", "gp_sources", "gp_source_few"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(GaussianRegression, GradientWithAllTermsAndPriorEqualsFiniteDifferences) {
  const int64_t rows = 15;
  const at::Tensor x = at::sin(at::arange(rows * 3, at::kDouble).square()).view({rows, 3});
  const at::Tensor y = at::cos(at::arange(rows, at::kDouble).square());
  const at::Tensor values = at::cos(at::arange(rows * 12, at::kDouble).square().mul_(0.7)).view({rows, 12});
  std::vector<double> weights;
  std::vector<int> groups;
  for (int r = 0; r < 15; ++r) {
    weights.push_back(0.2 + r % 4);
    groups.push_back(r * r % 4);
  }
  for (const int more : {0, 1, 2, 3}) {
    const std::vector<double> each = more % 2 == 0 ? std::vector<double>{} : weights;
    const std::vector<int> of_groups = more < 2 ? std::vector<int>{} : groups;
    KernelPrior prior{{0.1, 0.2, 0.3, -1.0, -2.0, 0.5, -0.5}, {1.0, 2.0, 1.0, 1.5, 0.7, 1.0, 2.0}};
    Kernel kernel{{0.2, -0.3, 1.1, 0.4, -2.0, -0.6, -1.3}};
    if (more >= 2) {
      prior.means.push_back(-1.0);
      prior.deviations.push_back(1.2);
      kernel.logs.push_back(-0.4);
    }
    const GaussianRegression regression(x, {values, {1, 11}}, prior, y,
                                        {each, of_groups}, 1);
    std::vector<double> gradient;
    regression.log_posterior(kernel, &gradient);
    ASSERT_EQ(gradient.size(), kernel.logs.size());
    for (std::size_t i = 0; i < kernel.logs.size(); ++i) {
      Kernel above = kernel;
      Kernel below = kernel;
      above.logs[i] += 1e-5;
      below.logs[i] -= 1e-5;
      const double slope = (regression.log_posterior(above, nullptr) - regression.log_posterior(below, nullptr)) / 2e-5;
      EXPECT_NEAR(gradient[i], slope, 1e-5 * std::max(1.0, std::fabs(slope))) << i;
    }
  }
}

// Twice the same is one of half the noise, and a difference of zero whose variance is twice the noise.
TEST(GaussianRegression, ARowOfWeightTwoIsTwoRows) {
  const int64_t rows = 9;
  const at::Tensor x = at::sin(at::arange(rows * 2, at::kDouble).square()).view({rows, 2});
  const at::Tensor y = at::cos(at::arange(rows, at::kDouble).square());
  const at::Tensor none = at::empty({rows, 0}, at::kDouble);
  std::vector<double> weights(static_cast<std::size_t>(rows), 1.0);
  weights[4] = 2.0;
  const Kernel kernel{{0.1, -0.4, 0.3, -1.5}};
  GaussianRegression weighted(x, {none, {}}, {}, y, {weights, {}}, 1);
  GaussianRegression twice(at::cat({x, x.narrow(0, 4, 1)}), at::cat({y, y.narrow(0, 4, 1)}), 1);
  const double apart = -0.5 * std::log(2.0 * std::numbers::pi * 2.0 * std::exp(-1.5));
  EXPECT_NEAR(weighted.log_likelihood(kernel, nullptr) + apart, twice.log_likelihood(kernel, nullptr), 1e-7);
  weighted.set(kernel);
  twice.set(kernel);
  const at::Tensor at = at::cos(at::arange(40, at::kDouble)).view({20, 2});
  const at::Tensor nothing = at::empty({20, 0}, at::kDouble);
  const auto [mean, variance] = weighted.predict(at, nothing);
  const auto [other_mean, other_variance] = twice.predict(at, nothing);
  EXPECT_LT((mean - other_mean).abs().max().item<double>(), 1e-8);
  EXPECT_LT((variance - other_variance).abs().max().item<double>(), 1e-8);
}

// What a group shares is a linear term on which one it is.
TEST(GaussianRegression, RowsOfAGroupShareWhatATermOfTheirOwnWouldGiveThem) {
  const int64_t rows = 12;
  const at::Tensor x = at::sin(at::arange(rows * 2, at::kDouble).square()).view({rows, 2});
  const at::Tensor y = at::cos(at::arange(rows, at::kDouble).square());
  std::vector<int> groups;
  at::Tensor which = at::zeros({rows, 4}, at::kDouble);
  for (int64_t r = 0; r < rows; ++r) {
    groups.push_back(static_cast<int>(r % 4));
    which.data_ptr<double>()[r * 4 + r % 4] = 1.0;
  }
  const at::Tensor none = at::empty({rows, 0}, at::kDouble);
  GaussianRegression grouped(x, {none, {}}, {}, y, {{}, groups}, 1);
  GaussianRegression with_term(x, {which, {4}}, {}, y, {}, 1);
  const Kernel kernel{{0.1, -0.4, 0.3, -1.5, -0.7}};
  std::vector<double> gradient;
  std::vector<double> of_term;
  EXPECT_NEAR(grouped.log_likelihood(kernel, &gradient), with_term.log_likelihood(kernel, &of_term), 1e-10);
  for (std::size_t i = 0; i < of_term.size(); ++i) {
    EXPECT_NEAR(gradient[i], of_term[i], 1e-10) << i;
  }
  grouped.set(kernel);
  with_term.set(kernel);
  const at::Tensor at = at::cos(at::arange(40, at::kDouble)).view({20, 2});
  const auto [mean, variance] = grouped.predict(at, at::empty({20, 0}, at::kDouble));
  const auto [of_none, variance_of_none] = with_term.predict(at, at::zeros({20, 4}, at::kDouble));  // of none of the groups
  EXPECT_LT((mean - of_none).abs().max().item<double>(), 1e-10);
  EXPECT_LT((variance - variance_of_none).abs().max().item<double>(), 1e-10);
}

TEST(GaussianProcessEdges, AWeightThatIsNotPositiveIsRefused) {
  const std::vector<float> x = {0.0F, 1.0F, 2.0F};
  for (const float wrong : {0.0F, -1.0F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const std::vector<float> weights = {1.0F, wrong, 1.0F};
    EXPECT_THROW(GaussianProcess(x.data(), 3, nullptr, 0, x.data(), weights.data(), nullptr, 3, nullptr, 0, 1), std::exception);
    EXPECT_EQ(last_error_kind(), kErrorInvalidArgument);
  }
}

TEST(GaussianRegression, GradientOfTheLikelihoodEqualsFiniteDifferences) {
  const at::Tensor x = at::sin(at::arange(15 * 3, at::kDouble).square()).view({15, 3});
  const at::Tensor y = at::cos(at::arange(15, at::kDouble).square());
  const GaussianRegression regression(x, y, 1);
  Kernel kernel{{0.2, -0.3, 1.1, 0.4, -2.0}};
  std::vector<double> gradient;
  regression.log_likelihood(kernel, &gradient);
  for (std::size_t i = 0; i < kernel.logs.size(); ++i) {
    Kernel above = kernel;
    Kernel below = kernel;
    above.logs[i] += 1e-5;
    below.logs[i] -= 1e-5;
    const double slope =
        (regression.log_likelihood(above, nullptr) - regression.log_likelihood(below, nullptr)) / 2e-5;
    EXPECT_NEAR(gradient[i], slope, 1e-5 * std::max(1.0, std::fabs(slope))) << i;
  }
}

at::Tensor positive_definite(int64_t n) {
  const at::Tensor a = at::sin(at::arange(n * n, at::kDouble).square().mul_(0.37)).view({n, n});
  return (at::matmul(a, a.t()) / static_cast<double>(n)).add_(at::eye(n, at::kDouble), 0.5);
}

// Sizes around a block's, whose last one is a row; LibTorch's factor and inverse.
TEST(PositiveDefinite, FactorAndInverseAreLapacksOnAnyNumberOfThreads) {
  for (const int64_t n : {1, 5, 192, 193, 400, 577}) {
    const at::Tensor matrix = positive_definite(n);
    const at::Tensor factor = at::linalg_cholesky(matrix);
    std::vector<at::Tensor> results;
    for (const int threads : {1, 2, 3}) {
      Team team(threads);
      at::Tensor ours = matrix.clone();
      ASSERT_TRUE(cholesky(ours.data_ptr<double>(), n, team)) << n;
      at::Tensor scratch = at::empty({n, n}, at::kDouble);
      EXPECT_LT((ours.t().tril() - factor).abs().max().item<double>(), 1e-11) << n;
      at::Tensor solved = at::full({n}, 1.0, at::kDouble);
      solve_both(ours.const_data_ptr<double>(), n, solved.data_ptr<double>(), 1);
      EXPECT_LT((at::matmul(matrix, solved) - 1.0).abs().max().item<double>(), 1e-10) << n;
      inverse_of(ours.data_ptr<double>(), n, team, scratch.data_ptr<double>());
      const at::Tensor inverse = ours;
      EXPECT_LT((inverse - at::cholesky_inverse(factor)).abs().max().item<double>(), 1e-10) << n;
      results.push_back(inverse);
      EXPECT_TRUE(at::equal(inverse, results.front())) << n << " rows, " << threads << " threads";
    }
  }
  at::Tensor indefinite = positive_definite(300);
  indefinite.data_ptr<double>()[250 * 301] = -1.0;
  Team team(2);
  EXPECT_FALSE(cholesky(indefinite.data_ptr<double>(), 300, team));
}

TEST(GaussianProcessThreads, AreTakenAndChangeNoPrediction) {
  const int64_t rows = 600;
  std::vector<float> x(static_cast<std::size_t>(rows * 2));
  std::vector<float> y(static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < y.size(); ++i) {
    x[2 * i] = std::sin(static_cast<float>(i * i % 977));
    x[2 * i + 1] = std::cos(static_cast<float>(i * 7 % 611));
    y[i] = x[2 * i] * x[2 * i + 1] + 0.1F * std::sin(static_cast<float>(i * 31));
  }
  const std::vector<float> kernel = {0.1F, 0.2F, 0.0F, -3.0F};
  std::vector<std::vector<float>> means;
  for (const int threads : {1, 2}) {
    const GaussianProcess gp(x.data(), count(x), nullptr, 0, y.data(), nullptr, nullptr, rows, kernel.data(), 4, threads);
    means.emplace_back(y.size());
    std::vector<float> deviation(y.size());
    gp.predict(x.data(), count(x), nullptr, 0, rows, means.back().data(), deviation.data(), rows);
  }
  EXPECT_EQ(means[0], means[1]);
  EXPECT_EQ(GaussianRegression(at::zeros({600, 1}, at::kDouble), at::zeros({600}, at::kDouble), 2).threads(), 2);
  EXPECT_EQ(GaussianRegression(at::zeros({30, 1}, at::kDouble), at::zeros({30}, at::kDouble), 2).threads(), 1);
}

// More rows than all starts are tried on: what a part of them said is where the search begins, no more.
TEST(GaussianProcess, OfManyRowsFindsTheKernelThatMadeThem) {
  const int64_t rows = 1100;
  std::vector<float> x(static_cast<std::size_t>(rows));
  std::vector<float> y(x.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    x[i] = std::sin(static_cast<float>(i * i % 977)) * 2.0F;
    y[i] = std::sin(3.0F * x[i]) + 0.2F * static_cast<float>(static_cast<int>(i * 7919 % 2001) - 1000) / 1000.0F;
  }
  const GaussianProcess gp(x.data(), rows, nullptr, 0, y.data(), nullptr, nullptr, rows, nullptr, 0, 2);
  std::vector<float> mean(y.size());
  std::vector<float> deviation(y.size());
  gp.predict(x.data(), rows, nullptr, 0, rows, mean.data(), deviation.data(), rows);
  for (std::size_t i = 0; i < y.size(); ++i) {
    ASSERT_NEAR(mean[i], std::sin(3.0F * x[i]), 0.05F) << i;
  }
  std::vector<float> kernel(3);
  gp.get_kernel(kernel.data(), 3);
  for (const float change : {-0.1F, 0.1F}) {
    for (std::size_t k = 0; k < kernel.size(); ++k) {
      std::vector<float> other = kernel;
      other[k] += change;
      EXPECT_LT(GaussianProcess(x.data(), rows, nullptr, 0, y.data(), nullptr, nullptr, rows, other.data(), 3, 2).log_likelihood(), gp.log_likelihood());
    }
  }
}

TEST(GaussianProcessEdges, OneRowEqualRowsAndConstantsAreNoTrouble) {
  const std::vector<float> x = {1, 2, 1, 2, 1, 2};
  const std::vector<float> constant = {5, 5, 5};
  const std::vector<float> varying = {4, 5, 6};
  for (const auto& y : {constant, varying}) {
    const GaussianProcess gp(x.data(), 6, nullptr, 0, y.data(), nullptr, nullptr, 3, nullptr, 0, 1);
    float mean = 0;
    float deviation = 0;
    gp.predict(x.data(), 2, nullptr, 0, 1, &mean, &deviation, 1);
    EXPECT_NEAR(mean, 5.0F, 0.05F);
    EXPECT_TRUE(std::isfinite(deviation));
  }
  const GaussianProcess one(x.data(), 2, nullptr, 0, varying.data(), nullptr, nullptr, 1, nullptr, 0, 1);
  float mean = 0;
  float deviation = 0;
  one.predict(x.data(), 2, nullptr, 0, 1, &mean, &deviation, 1);
  EXPECT_NEAR(mean, 4.0F, 0.05F);
}

TEST(GaussianProcessEdges, InputsThatHaveNoKernelAreRefused) {
  const std::vector<float> x = {std::numeric_limits<float>::quiet_NaN(), 2.0F, 1.0F};
  const std::vector<float> y = {1.0F, 2.0F, 4.0F};
  EXPECT_THROW(GaussianProcess(x.data(), 3, nullptr, 0, y.data(), nullptr, nullptr, 3, nullptr, 0, 1), std::exception);
  EXPECT_EQ(last_error_kind(), kErrorInvalidArgument);
}

TEST(GaussianProcessEdges, WhatDoesNotFitIsRefused) {
  const std::vector<float> x(6, 1.0F);
  const auto refused = [&](int64_t rows, int64_t kernel_count) {
    try {
      const GaussianProcess gp(x.data(), 6, nullptr, 0, x.data(), nullptr, nullptr, rows, kernel_count > 0 ? x.data() : nullptr, kernel_count, 1);
    } catch (const std::exception&) {
      return last_error_kind() == kErrorInvalidArgument;
    }
    return false;
  };
  EXPECT_TRUE(refused(0, 0));
  EXPECT_TRUE(refused(4, 0));
  EXPECT_TRUE(refused(6000, 0));
  EXPECT_TRUE(refused(3, 3));
}

}  // namespace
}  // namespace pacnet
