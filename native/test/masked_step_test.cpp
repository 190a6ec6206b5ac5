// The fused optimizer step against the formulas in double, element by element.

#include "optim/masked_step.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace pacnet {
namespace {

constexpr int64_t kExtent = 64 * 5;

double wide(float x) { return static_cast<double>(x); }

struct Buffers {
  explicit Buffers(unsigned seed) : layout(make_layout()), trainable(layout) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (std::vector<float>* v : {&p, &g, &m, &v2, &a}) {
      v->resize(kExtent);
      for (float& x : *v) {
        x = normal(random);
      }
    }
    for (float& x : v2) {
      x = std::fabs(x);
    }
    for (int64_t w = 0; w < kExtent / kWordBits; ++w) {
      trainable.word(w) = (uint64_t{random()} << 32) | random();
    }
    trainable.word(2) = 0;             // a word without a trainable bit
    trainable.word(3) = ~uint64_t{0};  // and one without a frozen one
  }
  static Layout make_layout() {
    Layout layout;
    layout.add("t", {5, 64}, kRolePrunable);
    return layout;
  }
  StepBuffers step(bool anchored) { return {p.data(), g.data(), m.data(), v2.data(), anchored ? a.data() : nullptr}; }

  Layout layout;
  BitMask trainable;
  std::vector<float> p, g, m, v2, a;
};

void expect_adam(bool anchored, double weight_decay) {
  Buffers b(7);
  // Bit patterns that arithmetic would change, in frozen places.
  const std::vector<float> odd = {-0.0F, std::numeric_limits<float>::denorm_min(),
                                  std::bit_cast<float>(0x7fc12345U), -std::numeric_limits<float>::infinity()};
  for (std::size_t i = 0; i < odd.size(); ++i) {
    b.p[2 * 64 + i] = odd[i];  // the word that is all frozen
    b.p[i] = odd[i];           // a mixed word
    b.trainable.word(0) &= ~(uint64_t{1} << i);
  }
  const Buffers before = b;
  const std::vector<Segment> segments = {{0, 128, 0.01F}, {128, kExtent, 0.0F}};
  const int64_t t = 3;
  const double lr = 0.01;
  const double b1 = 0.9;
  const double b2 = 0.999;
  const double eps = 1e-8;
  apply(AdamStep(lr, b1, b2, eps, weight_decay, t), b.step(anchored), b.trainable, segments, 0, kExtent);
  for (int64_t j = 0; j < kExtent; ++j) {
    const auto i = static_cast<std::size_t>(j);
    if (!b.trainable.get(j)) {
      EXPECT_EQ(std::bit_cast<uint32_t>(b.p[i]), std::bit_cast<uint32_t>(before.p[i])) << i;
      continue;
    }
    const double l2 = j < 128 ? 0.01 : 0.0;
    const double pull = wide(before.p[i]) - (anchored ? wide(before.a[i]) : 0.0);
    const double g = wide(before.g[i]) + 2 * l2 * pull;
    const double m = b1 * wide(before.m[i]) + (1 - b1) * g;
    const double v = b2 * wide(before.v2[i]) + (1 - b2) * g * g;
    const double step = lr / (1 - std::pow(b1, t)) * m / (std::sqrt(v) / std::sqrt(1 - std::pow(b2, t)) + eps);
    const double expected = wide(before.p[i]) * (1 - lr * weight_decay) - step;
    EXPECT_NEAR(b.p[i], expected, 2e-6 * std::max(1.0, std::fabs(expected))) << i;
    EXPECT_NEAR(b.m[i], m, 1e-6 * std::max(1.0, std::fabs(m))) << i;
    EXPECT_NEAR(b.v2[i], v, 1e-6 * std::max(1.0, v)) << i;
  }
}

TEST(MaskedStep, AdamFollowsItsFormulaAndLeavesFrozenBitsAlone) { expect_adam(false, 0.0); }
TEST(MaskedStep, AdamPullsTowardAnAnchor) { expect_adam(true, 0.0); }
TEST(MaskedStep, AdamWDecaysOnlyWhatItTrains) { expect_adam(false, 0.1); }

TEST(MaskedStep, SgdFollowsItsFormulaAndLeavesFrozenBitsAlone) {
  for (const bool first : {true, false}) {
    Buffers b(9);
    const Buffers before = b;
    const std::vector<Segment> segments = {{0, kExtent, 0.05F}};
    apply(SgdStep{0.1F, 0.9F, first}, b.step(true), b.trainable, segments, 0, kExtent);
    for (int64_t j = 0; j < kExtent; ++j) {
      const auto i = static_cast<std::size_t>(j);
      if (!b.trainable.get(j)) {
        EXPECT_EQ(std::bit_cast<uint32_t>(b.p[i]), std::bit_cast<uint32_t>(before.p[i])) << i;
        continue;
      }
      const double g = wide(before.g[i]) + 0.1 * (wide(before.p[i]) - wide(before.a[i]));
      const double velocity = (first ? 0.0 : 0.9 * wide(before.m[i])) + g;
      EXPECT_NEAR(b.p[i], wide(before.p[i]) - 0.1 * velocity, 2e-6) << i;
    }
  }
}

TEST(MaskedStep, TouchesNothingOutsideItsRange) {
  Buffers b(11);
  const Buffers before = b;
  const std::vector<Segment> segments = {{0, kExtent, 0.0F}};
  apply(AdamStep(0.01, 0.9, 0.999, 1e-8, 0, 1), b.step(false), b.trainable, segments, 64, 256);
  for (const std::size_t i : {std::size_t{0}, std::size_t{63}, std::size_t{256}, std::size_t{319}}) {
    EXPECT_EQ(b.p[i], before.p[i]) << i;
    EXPECT_EQ(b.m[i], before.m[i]) << i;
  }
  EXPECT_NE(b.m[200], before.m[200]);
}

TEST(MaskedStep, PiecesGiveTheSameBitsAsOneRun) {
  Buffers whole(13);
  Buffers pieces(13);
  const std::vector<Segment> segments = {{0, 192, 0.01F}, {192, kExtent, 0.0F}};
  const AdamStep step(0.01, 0.9, 0.999, 1e-8, 0, 2);
  apply(step, whole.step(false), whole.trainable, segments, 0, kExtent);
  for (int64_t begin = 0; begin < kExtent; begin += 64) {
    apply(step, pieces.step(false), pieces.trainable, segments, begin, begin + 64);
  }
  EXPECT_EQ(std::memcmp(whole.p.data(), pieces.p.data(), kExtent * sizeof(float)), 0);
}

// A weight whose gradient is exactly zero from some step on, and gradients whose squares are no normal numbers.
TEST(MaskedStep, MomentsEndAsZeroAndNeverAsDenormalNumbers) {
  Buffers b(15);
  const std::vector<Segment> segments = {{0, kExtent, 0.0F}};
  const auto expect_normal = [](const std::vector<float>& values, int64_t step) {
    for (const float x : values) {
      ASSERT_NE(std::fpclassify(x), FP_SUBNORMAL) << "step " << step;
    }
  };
  for (int64_t t = 1; t <= 3000; ++t) {
    for (std::size_t i = 0; i < b.g.size(); ++i) {
      b.g[i] = t > 3 || i % 2 == 0 ? (i % 3 == 0 ? 1e-20F : i % 3 == 1 ? 1e-38F : 0.0F) : b.g[i];
    }
    apply(AdamStep(0.01, 0.9, 0.999, 1e-8, 0, t), b.step(false), b.trainable, segments, 0, kExtent);
    if (t % 10 == 0) {
      expect_normal(b.m, t);
      expect_normal(b.v2, t);
    }
  }
  EXPECT_EQ(b.m[200], 0.0F);
  Buffers sgd(16);
  for (int64_t t = 1; t <= 3000; ++t) {
    std::fill(sgd.g.begin(), sgd.g.end(), 0.0F);
    apply(SgdStep{0.1F, 0.9F, false}, sgd.step(false), sgd.trainable, segments, 0, kExtent);
    if (t % 10 == 0) {
      expect_normal(sgd.m, t);
    }
  }
  EXPECT_EQ(sgd.m[200], 0.0F);
}

// What is dropped is nothing beside epsilon, however small that is.
TEST(MaskedStep, SmallGradientsCountWhereEpsilonIsSmall) {
  Buffers b(17);
  std::fill(b.m.begin(), b.m.end(), 0.0F);
  std::fill(b.v2.begin(), b.v2.end(), 0.0F);
  std::fill(b.g.begin(), b.g.end(), 1e-14F);
  b.trainable.word(3) = ~uint64_t{0};
  const Buffers before = b;
  const std::vector<Segment> segments = {{0, kExtent, 0.0F}};
  apply(AdamStep(0.01, 0.9, 0.999, 1e-16, 0, 1), b.step(false), b.trainable, segments, 0, kExtent);
  for (std::size_t i = 192; i < 256; ++i) {  // the first step is as long as the rate, whatever the gradient's size
    EXPECT_NEAR(before.p[i] - b.p[i], 0.01 / 1.01, 1e-5);
  }
}

}  // namespace
}  // namespace pacnet
