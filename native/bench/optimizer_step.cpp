// Milliseconds of one optimizer step over many parameters: our masked Adam, all of it and a fifth of it moving, beside LibTorch's fused
// Adam, which has no mask. optimizer_step [PARAMETERS [STEPS]], one thread; medians.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/ops/_fused_adam.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "core/arena.h"
#include "core/simd.h"
#include "optim/masked_step.h"
#include "prune/mask.h"

namespace {

template <typename Body>
double milliseconds(int64_t steps, const Body& body) {
  std::vector<double> times;
  for (int64_t i = -3; i < steps; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    body();
    if (i >= 0) {
      times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    }
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

}  // namespace

int main(int argc, char** arguments) {
  using namespace pacnet;  // NOLINT: a program of one page
  const int64_t count = argc > 1 ? std::atoll(arguments[1]) : 12'000'000;
  const int64_t steps = argc > 2 ? std::atoll(arguments[2]) : 41;
  at::set_num_threads(1);
  Layout layout;
  layout.add("w", {count}, kRolePrunable);
  FloatBuffer p(layout.extent());
  FloatBuffer g(layout.extent());
  FloatBuffer m(layout.extent());
  FloatBuffer v(layout.extent());
  for (int64_t i = 0; i < count; ++i) {
    p.data()[i] = static_cast<float>(i % 1000) * 1e-3F - 0.5F;
    g.data()[i] = static_cast<float>(i % 777) * 1e-3F - 0.3F;
  }
  BitMask all(layout);
  all.fill(layout.tensors().front(), true);
  BitMask some(layout);
  for (int64_t w = 0; w < layout.extent() / kWordBits; ++w) {
    some.word(w) = 0x1084210842108421U;  // every fifth
  }
  const Segment segment{0, layout.extent(), 0.01F};
  const StepBuffers buffers{p.data(), g.data(), m.data(), v.data(), nullptr};
  const AdamStep step(1e-3, 0.9, 0.999, 1e-8, 0.0, 10);
  const auto ours = [&](const BitMask& mask) { apply(step, buffers, mask, {&segment, 1}, 0, layout.extent()); };
  const auto tensor = [&](FloatBuffer& buffer) { return at::from_blob(buffer.data(), {count}); };
  std::vector<at::Tensor> params{tensor(p)};
  std::vector<at::Tensor> grads{tensor(g)};
  std::vector<at::Tensor> moments{tensor(m)};
  std::vector<at::Tensor> squares{tensor(v)};
  std::vector<at::Tensor> number{at::full({}, 10.0F)};
  const auto theirs = [&] {
    at::_fused_adam_(params, grads, moments, squares, {}, number, 1e-3, 0.9, 0.999, 0.0, 1e-8, false, false);
  };
  // In turn, since the machine may be shared.
  for (int round = 0; round < 3; ++round) {
    std::printf("%s, %lld parameters: masked Adam %.2f ms, a fifth moving %.2f, at::_fused_adam_ without a mask %.2f\n",
                describe_isa().c_str(), static_cast<long long>(count), milliseconds(steps, [&] { ours(all); }),
                milliseconds(steps, [&] { ours(some); }), milliseconds(steps, theirs));
  }
  return 0;
}
