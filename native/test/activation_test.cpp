// The vectorised activations against the same functions in double precision.

#include "nn/activation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

namespace pacnet {
namespace {

double phi(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double sigmoid(double z) { return 1.0 / (1.0 + std::exp(-z)); }

// Dense around zero and out to where everything is saturated.
std::vector<float> inputs() {
  std::vector<float> z;
  for (int i = -200000; i <= 200000; ++i) {
    z.push_back(static_cast<float>(i) * 1e-4F);
  }
  for (float x = 1e-30F; x < 1e30F; x *= 1.37F) {
    z.push_back(x);
    z.push_back(-x);
  }
  return z;
}

struct Reference {
  Activation activation;
  double (*value)(double);
  double (*slope)(double);
  double off = 0.0;  ///< by how much a value may be off besides
};

class ActivationTest : public testing::TestWithParam<Reference> {};

TEST_P(ActivationTest, ValueAndSlopeAreWithinAFewUnitsOfTheExactOnes) {
  const auto [activation, value, slope, off] = GetParam();
  const std::vector<float> z = inputs();
  const auto count = static_cast<int64_t>(z.size());
  const std::vector<float> bias(z.size(), 0.0F);
  std::vector<float> saved(z.size());
  std::vector<float> a(z.size());
  activate(activation, z.data(), bias.data(), 1, count, saved.data(), a.data(), {}, 0);
  std::vector<float> grad(z.size(), 1.0F);
  activate_backward(activation, saved.data(), 1, count, grad.data(), {}, 0);
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double x = static_cast<double>(z[i]);
    // Far out the exponential is clamped, at e^-87.
    const double clamped = 2e-38 * std::max(1.0, std::fabs(x));
    ASSERT_LE(std::fabs(static_cast<double>(a[i]) - value(x)), 4 * 1.2e-7 * std::fabs(value(x)) + clamped + off) << x;
    ASSERT_LE(std::fabs(static_cast<double>(grad[i]) - slope(x)), 1.6e-6 + clamped) << x;
  }
}

TEST_P(ActivationTest, InPlaceIsTheSame) {
  const Activation activation = GetParam().activation;
  const std::vector<float> z = inputs();
  const auto count = static_cast<int64_t>(z.size());
  const std::vector<float> bias(z.size(), 0.25F);
  std::vector<float> saved(z.size());
  std::vector<float> a(z.size());
  activate(activation, z.data(), bias.data(), 1, count, saved.data(), a.data(), {}, 0);
  std::vector<float> same = z;
  activate(activation, same.data(), bias.data(), 1, count, saved.data(), same.data(), {}, 0);
  EXPECT_EQ(same, a);
}

TEST_P(ActivationTest, NotANumberStaysOne) {
  const float z = std::numeric_limits<float>::quiet_NaN();
  const float bias = 0.0F;
  float saved = 0.0F;
  float a = 0.0F;
  activate(GetParam().activation, &z, &bias, 1, 1, &saved, &a, {}, 0);
  EXPECT_TRUE(std::isnan(a));
}

INSTANTIATE_TEST_SUITE_P(
    All, ActivationTest,
    testing::Values(
        Reference{kTanh, [](double x) { return std::tanh(x); }, [](double x) { return 1 - std::tanh(x) * std::tanh(x); }},
        Reference{kSigmoid, sigmoid, [](double x) { return sigmoid(x) * (1 - sigmoid(x)); }},
        Reference{kSilu, [](double x) { return x * sigmoid(x); },
                  [](double x) { return sigmoid(x) * (1 + x * (1 - sigmoid(x))); }},
        Reference{kGelu, [](double x) { return x * phi(x); },
                  [](double x) { return phi(x) + x * std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi); }, 4e-7}),
    [](const auto& instance) {
      return std::string(instance.param.activation == kTanh      ? "Tanh"
                         : instance.param.activation == kSigmoid ? "Sigmoid"
                         : instance.param.activation == kSilu    ? "Silu"
                                                                 : "Gelu");
    });

}  // namespace
}  // namespace pacnet
