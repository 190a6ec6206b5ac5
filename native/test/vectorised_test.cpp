// Loops that are meant to be vectors are: each beside the same arithmetic compiled for one element at a time. A change that costs
// the vectors changes no result, so that no other test sees it.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/arena.h"
#include "core/simd.h"
#include "nn/activation.h"
#include "nn/activation_arithmetic.h"
#include "optim/masked_step.h"
#include "prune/mask.h"

#if defined(PACNET_HAS_ISAS) && !defined(PACNET_SANITIZE) && defined(NDEBUG)

namespace pacnet {
namespace {

constexpr int64_t kCount = 1 << 13;  // in the cache, so that memory is not what is measured

double seconds(const std::function<void()>& body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Whether `fast` takes at most `share` of the time that `slow` takes. In turn, the shortest of many, since other programs only add to
// it; and again where they did: what is no vector is never found to be one, however often it is tried.
bool takes_at_most(double share, const std::function<void()>& fast, const std::function<void()>& slow) {
  double shortest = 1e9;
  double shortest_slow = 1e9;
  for (int i = 0; i < 2000; ++i) {
    shortest = std::min(shortest, seconds(fast));
    shortest_slow = std::min(shortest_slow, seconds(slow));
    if (i >= 20 && shortest < share * shortest_slow) {
      return true;
    }
  }
  return false;
}

#define PACNET_ONE_BY_ONE __attribute__((noinline, optimize("no-tree-vectorize", "no-tree-slp-vectorize")))

PACNET_ONE_BY_ONE void adam(const AdamStep& step, const StepBuffers& b) {
  for (int64_t i = 0; i < kCount; ++i) {
    step_element(step, true, pulled(b.grad[i], b.param[i], 0.0F, 0.02F), b.param[i], b.moment1[i], b.moment2[i]);
  }
}

PACNET_ONE_BY_ONE void sgd(const SgdStep& step, const StepBuffers& b) {
  for (int64_t i = 0; i < kCount; ++i) {
    step_element(step, true, pulled(b.grad[i], b.param[i], 0.0F, 0.02F), b.param[i], b.moment1[i]);
  }
}

TEST(Vectorised, TheMaskedStep) {
  Layout layout;
  layout.add("w", {kCount}, kRolePrunable);
  BitMask all(layout);
  all.fill(layout.tensors().front(), true);
  FloatBuffer p(kCount);
  FloatBuffer g(kCount);
  FloatBuffer m(kCount);
  FloatBuffer v(kCount);
  const StepBuffers buffers{p.data(), g.data(), m.data(), v.data(), nullptr};
  const Segment segment{0, kCount, 0.01F};
  const AdamStep adam_step(1e-3, 0.9, 0.999, 1e-8, 0.0, 1);
  const SgdStep sgd_step{0.1F, 0.9F, false};
  EXPECT_TRUE(takes_at_most(
      0.6, [&] { apply(adam_step, buffers, all, {&segment, 1}, 0, kCount); }, [&] { adam(adam_step, buffers); }));
  // Little arithmetic: SSE2's four lanes just pay for the mask.
  EXPECT_TRUE(takes_at_most(
      isa() == Isa::kSse2 ? 1.0 : 0.6, [&] { apply(sgd_step, buffers, all, {&segment, 1}, 0, kCount); },
      [&] { sgd(sgd_step, buffers); }));
}

template <typename F>
PACNET_ONE_BY_ONE void forward(const float* z, float* saved, float* a) {
  for (int64_t i = 0; i < kCount; ++i) {
    a[i] = F::value(z[i]);
    saved[i] = F::saved(z[i], a[i]);
  }
}

template <typename F>
PACNET_ONE_BY_ONE void backward(const float* saved, float* grad) {
  for (int64_t i = 0; i < kCount; ++i) {
    grad[i] *= F::slope(saved[i]);
  }
}

template <typename F>
void expect_vectors(Activation activation) {
  std::vector<float> z(kCount, 0.3F);
  std::vector<float> bias(kCount, 0.0F);
  std::vector<float> saved(kCount);
  std::vector<float> a(kCount);
  const auto fast = [&] {
    activate(activation, z.data(), bias.data(), 1, kCount, saved.data(), a.data(), {}, 0);
    activate_backward(activation, saved.data(), 1, kCount, a.data(), {}, 0);
  };
  const auto slow = [&] {
    forward<F>(z.data(), saved.data(), a.data());
    backward<F>(saved.data(), a.data());
  };
  // Four lanes win less where the processor does one number fast, as the newest do.
  EXPECT_TRUE(takes_at_most(isa() == Isa::kSse2 ? 0.9 : 0.6, fast, slow)) << activation;
}

TEST(Vectorised, TheActivations) {
  expect_vectors<Tanh>(kTanh);
  expect_vectors<Sigmoid>(kSigmoid);
  expect_vectors<Gelu>(kGelu);
  expect_vectors<Silu>(kSilu);
}

}  // namespace
}  // namespace pacnet

#endif
