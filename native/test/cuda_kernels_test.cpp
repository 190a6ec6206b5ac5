// The GPU's kernels run on the host, block after block and thread after thread, beside their CPU twins: everything about them but
// the launch. Grids are odd on purpose, so that strides and tails are taken.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/arena.h"
#include "cuda/guarantee_kernels.h"
#include "cuda/layer_kernels.h"
#include "cuda/select_kernels.h"
#include "cuda/step_kernels.h"
#include "nn/activation.h"
#include "nn/loss.h"
#include "optim/masked_step.h"
#include "prune/mask.h"
#include "prune/select.h"

namespace pacnet {
namespace {

using cuda::Grid;
using cuda::run_on_host;

std::size_t at(int64_t i) { return static_cast<std::size_t>(i); }

std::vector<float> draw(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(at(count));
  for (float& value : values) {
    value = normal(random);
  }
  return values;
}

bool same_bits(const float* a, const float* b, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    if (std::bit_cast<uint32_t>(a[i]) != std::bit_cast<uint32_t>(b[i])) {
      return false;
    }
  }
  return true;
}

// --- The optimizer step -------------------------------------------------------------------------------------------

struct Arena {
  explicit Arena(unsigned seed) {
    layout.add("0.weight", {33, 17}, kRolePrunable);
    layout.add("0.bias", {33}, 0);
    layout.add("2.weight", {7, 33}, kRolePrunable);
    for (FloatBuffer* buffer : {&param, &grad, &moment1, &moment2, &anchor}) {
      *buffer = FloatBuffer(layout.extent());
      const std::vector<float> values = draw(layout.extent(), seed++);
      std::copy(values.begin(), values.end(), buffer->data());
    }
    for (int64_t i = 0; i < layout.extent(); ++i) {
      moment2.data()[i] = std::fabs(moment2.data()[i]);
    }
    std::mt19937 random(seed);
    for (int64_t w = 0; w < layout.extent() / kWordBits; ++w) {
      mask.push_back(w % 5 == 2 ? 0 : (uint64_t{random()} << 32) | random());
      twice_l2.push_back(w < 9 ? 0.02F : 0.0F);
    }
  }
  cuda::StepArrays arrays(const cuda::StepState& state, bool anchored) {
    return {&state,        param.data(),     grad.data(), moment1.data(),  moment2.data(), anchored ? anchor.data() : nullptr,
            mask.data(), twice_l2.data(), layout.extent()};
  }
  Layout layout;
  FloatBuffer param, grad, moment1, moment2, anchor;
  std::vector<uint64_t> mask;
  std::vector<float> twice_l2;
};

template <bool kAdam>
void expect_the_cpus_bits(bool anchored, Schedule schedule, double decay) {
  Arena device(3);
  Arena host(3);
  BitMask trainable(host.layout);
  for (int64_t w = 0; w < host.layout.extent() / kWordBits; ++w) {
    trainable.word(w) = host.mask[at(w)];
  }
  const std::vector<Segment> segments = {{0, 9 * kWordBits, 0.01F}, {9 * kWordBits, host.layout.extent(), 0.0F}};
  cuda::StepState state;
  const RateSchedule rates{schedule, 0.01, 10};
  for (int64_t step = 0; step < 4; ++step) {
    run_on_host(cuda::AdvanceStep{&state, rates, 0.9, 0.999, 1e-8, decay, 0.8}, {2, 32});
    run_on_host(cuda::MaskedStep<kAdam>{device.arrays(state, anchored)}, {3, 64});
    const StepBuffers buffers{host.param.data(), host.grad.data(), host.moment1.data(), host.moment2.data(),
                              anchored ? host.anchor.data() : nullptr};
    if constexpr (kAdam) {
      apply(AdamStep(rates.rate(step), 0.9, 0.999, 1e-8, decay, step + 1), buffers, trainable, segments, 0,
            host.layout.extent());
    } else {
      apply(SgdStep{static_cast<float>(rates.rate(step)), 0.8F, step == 0}, buffers, trainable, segments, 0,
            host.layout.extent());
    }
  }
  EXPECT_EQ(state.step, 4);
  EXPECT_TRUE(same_bits(device.param.data(), host.param.data(), host.layout.extent()));
  EXPECT_TRUE(same_bits(device.moment1.data(), host.moment1.data(), host.layout.extent()));
  EXPECT_TRUE(same_bits(device.moment2.data(), host.moment2.data(), host.layout.extent()));
}

TEST(StepKernels, GiveTheCpusBits) {
  expect_the_cpus_bits<true>(false, kConstant, 0.0);
  expect_the_cpus_bits<true>(true, kCosine, 0.0);
  expect_the_cpus_bits<true>(true, kLinear, 0.1);
  expect_the_cpus_bits<false>(false, kCosine, 0.0);
  expect_the_cpus_bits<false>(true, kConstant, 0.0);
}

// --- Selection ----------------------------------------------------------------------------------------------------

struct Selected {
  std::vector<uint64_t> mask;
  unsigned long long bad;
};

Selected select(const std::vector<float>& values, const Layout& layout, int64_t keep, Grid grid) {
  BitMask lanes(layout);
  for (const Tensor& tensor : layout.tensors()) {
    lanes.fill(tensor, true);
  }
  const int64_t count = layout.extent() / kWordBits;
  const cuda::RankedNumbers numbers{values.data(), lanes.words(), count};
  cuda::SelectState state;
  state.wanted = static_cast<unsigned long long>(keep);
  for (int pass = 0; pass < cuda::kDigits; ++pass) {
    run_on_host(cuda::CountDigits{numbers, &state, pass}, grid);
    run_on_host(cuda::ChooseDigit{&state, pass}, {1, cuda::ChooseDigit::kThreads});
  }
  Selected selected{std::vector<uint64_t>(at(layout.extent() / kWordBits)), state.bad};
  std::vector<uint64_t> equal(at(count));
  const Grid marking = cuda::MarkWords::grid(count);
  std::vector<unsigned long long> equals(at(marking.blocks));
  run_on_host(cuda::MarkWords{numbers, &state, selected.mask.data(), equal.data(), equals.data()}, marking);
  run_on_host(cuda::ScanEquals{equals.data(), marking.blocks}, {1, cuda::ScanEquals::kThreads});
  run_on_host(cuda::KeepEquals{&state, equal.data(), equals.data(), selected.mask.data(), count}, grid);
  return selected;
}

void expect_the_cpus_mask(const std::vector<int64_t>& sizes, bool ties, unsigned seed) {
  Layout layout;
  for (std::size_t t = 0; t < sizes.size(); ++t) {
    layout.add(std::to_string(t), {sizes[t]}, kRolePrunable);
  }
  // Gaps hold what no pass may look at.
  std::vector<float> values(at(layout.extent()), std::numeric_limits<float>::quiet_NaN());
  const std::vector<float> drawn = draw(layout.extent(), seed);
  for (const Tensor& tensor : layout.tensors()) {
    for (int64_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
      values[at(i)] = ties ? std::round(2.0F * drawn[at(i)]) / 2.0F : drawn[at(i)];
    }
  }
  int64_t all = 0;
  for (const int64_t size : sizes) {
    all += size;
  }
  for (const int64_t keep : {int64_t{0}, int64_t{1}, all / 5, all / 2, all - 1, all}) {
    BitMask expected(layout);
    select_largest(values.data(), layout.tensors(), keep, expected);
    for (const Grid grid : {Grid{1, 32}, Grid{3, 64}, Grid{7, 256}}) {
      const Selected selected = select(values, layout, keep, grid);
      for (int64_t w = 0; w < layout.extent() / kWordBits; ++w) {
        ASSERT_EQ(selected.mask[at(w)], expected.word(w)) << "keep " << keep << ", word " << w;
      }
      EXPECT_EQ(selected.bad, cuda::kNone);
    }
  }
}

TEST(SelectKernels, GiveTheCpusMask) {
  expect_the_cpus_mask({1000}, false, 1);
  expect_the_cpus_mask({64, 1, 130, 4096, 63}, false, 2);
  expect_the_cpus_mask({64, 1, 130, 4096, 63}, true, 3);
  expect_the_cpus_mask({3}, true, 4);
  // More blocks of equals than threads that scan them.
  expect_the_cpus_mask({64 * 16 * 1100 + 5}, true, 5);
}

TEST(SelectKernels, SayWhereANumberIsNotFinite) {
  Layout layout;
  layout.add("w", {200}, kRolePrunable);
  std::vector<float> values = draw(layout.extent(), 6);
  values[150] = -std::numeric_limits<float>::infinity();
  values[199] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(select(values, layout, 10, {3, 32}).bad, 150U);
}

// --- Layers and losses --------------------------------------------------------------------------------------------

template <typename F>
void expect_the_cpus_activation(Activation activation, int64_t width) {
  constexpr int64_t kRows = 213;
  const std::vector<float> z = draw(kRows * width, 7);
  const std::vector<float> bias = draw(width, 8);
  std::vector<float> saved(z.size());
  std::vector<float> a(z.size());
  run_on_host(cuda::Activate<F>{z.data(), bias.data(), saved.data(), a.data(), kRows, width}, {3, 50});
  std::vector<float> cpu_saved(z.size());
  std::vector<float> cpu(z.size());
  activate(activation, z.data(), bias.data(), kRows, width, cpu_saved.data(), cpu.data(), {}, 0);
  EXPECT_TRUE(same_bits(a.data(), cpu.data(), kRows * width));
  const std::vector<float> outward = draw(kRows * width, 9);
  std::vector<float> cpu_grad = outward;
  const std::vector<float>& from = activation == kRelu ? cpu : cpu_saved;
  activate_backward(activation, from.data(), kRows, width, cpu_grad.data(), {}, 0);
  for (const int64_t chunks : {int64_t{1}, int64_t{3}, cuda::LayerGradient<F>::chunks_for(kRows, width)}) {
    std::vector<float> grad = outward;
    std::vector<float> sums(at(cuda::LayerGradient<F>::room(width)), 5.0F);
    std::vector<float> sum(at(width));
    const cuda::LayerGradient<F> back{saved.data(), grad.data(), sums.data(), kRows, width, chunks};
    run_on_host(back, back.grid());
    const cuda::LayerGradient<cuda::Linear> add{nullptr, sums.data(), sum.data(), chunks, width, 1};
    run_on_host(add, add.grid());
    for (int64_t c = 0; c < width; ++c) {
      double expected = 0.0;
      for (int64_t r = 0; r < kRows; ++r) {
        EXPECT_EQ(grad[at(r * width + c)], cpu_grad[at(r * width + c)]);  // but for the sign of a zero
        expected += static_cast<double>(cpu_grad[at(r * width + c)]);
      }
      EXPECT_NEAR(static_cast<double>(sum[at(c)]), expected, 1e-4);
    }
  }
}

template <typename F>
void expect_the_cpus_activation(Activation activation) {
  expect_the_cpus_activation<F>(activation, 29);
  expect_the_cpus_activation<F>(activation, 36);
}

TEST(LayerKernels, ActivateAsTheCpuDoes) {
  expect_the_cpus_activation<Relu>(kRelu);
  expect_the_cpus_activation<Tanh>(kTanh);
  expect_the_cpus_activation<Sigmoid>(kSigmoid);
  expect_the_cpus_activation<Gelu>(kGelu);
  expect_the_cpus_activation<Silu>(kSilu);
}

TEST(LayerKernels, GatherABatchAndBeginItsStep) {
  constexpr int64_t kRows = 21;
  constexpr int64_t kInputs = 45;
  constexpr int64_t kLabels = 2;
  const std::vector<float> x = draw(50 * kInputs, 10);
  const std::vector<float> y = draw(50 * kLabels, 11);
  std::vector<uint32_t> order(4, 49U);
  for (uint32_t r = 0; r < kRows; ++r) {
    order.push_back(r * 17 % 50);
  }
  for (const bool trains : {false, true}) {
    std::vector<float> to_x(at(kRows * kInputs));
    std::vector<float> to_y(at(kRows * kLabels));
    cuda::StepState state;
    state.row = 4;
    run_on_host(cuda::GatherBatch{x.data(), y.data(), order.data(), to_x.data(), to_y.data(), kRows, kInputs, kLabels,
                                  {&state, {kConstant, 0.5, 9}, 0.9, 0.999, 1e-8, 0.0, 0.0}, trains},
                {5, 33});
    for (int64_t r = 0; r < kRows; ++r) {
      const int64_t from = order[at(r + 4)];
      EXPECT_TRUE(same_bits(to_x.data() + r * kInputs, x.data() + from * kInputs, kInputs));
      EXPECT_TRUE(same_bits(to_y.data() + r * kLabels, y.data() + from * kLabels, kLabels));
    }
    EXPECT_EQ(state.step, trains ? 1 : 0);
    EXPECT_EQ(state.row, 4);
  }
}

TEST(Places, AreThoseOfTheDivision) {
  for (const int64_t width : {int64_t{1}, int64_t{7}, int64_t{1} << 33}) {
    for (const int64_t i : {int64_t{0}, int64_t{41}, (int64_t{1} << 32) - 1, (int64_t{1} << 32) + 5, int64_t{1} << 40}) {
      EXPECT_EQ(cuda::place_of(i, width).row, i / width);
      EXPECT_EQ(cuda::place_of(i, width).column, i % width);
    }
  }
}

template <typename Error>
void expect_the_cpus_loss(LossSpec loss, Error error) {
  constexpr int64_t kRows = 37;
  constexpr int64_t kOutputs = 5;
  const std::vector<float> out = draw(kRows * kOutputs, 12);
  std::vector<float> y = draw(kRows * label_width(loss, kOutputs), 13);
  const std::vector<float> bias = draw(kOutputs, 15);
  std::vector<float> with_bias = out;
  for (int64_t i = 0; i < kRows * kOutputs; ++i) {
    with_bias[at(i)] += bias[at(i % kOutputs)];
  }
  std::vector<float> cpu_grad(out.size());
  const float scale = 1.0F / kRows;
  const double cpu = loss_sum(loss, with_bias.data(), y.data(), kRows, kOutputs, scale, cpu_grad.data());
  for (const Grid grid : {Grid{1, 256}, Grid{1, 40}, Grid{3, 16}}) {
    std::vector<float> grad(out.size());
    std::vector<double> sums(3);
    double total = 1.0;
    cuda::StepState state;
    const cuda::LossSum sum{sums.data(), &total, 1.0 / kOutputs, &state, kRows};
    run_on_host(cuda::ElementLoss<Error>{error, out.data(), bias.data(), labels_at(y.data(), loss, kOutputs), grad.data(),
                                         scale / kOutputs, kRows * kOutputs, kOutputs, sum},
                grid);
    if (grid.blocks > 1) {
      run_on_host(cuda::AddSums{sums.data(), grid.blocks, sum.scale, &total}, {1, 256});
    }
    EXPECT_NEAR(total - 1.0, cpu, 1e-9 * std::fabs(cpu));
    EXPECT_TRUE(same_bits(grad.data(), cpu_grad.data(), kRows * kOutputs));
    EXPECT_EQ(state.row, kRows);
  }
}

void expect_the_cpus_cross_entropy(bool weighted) {
  constexpr int64_t kRows = 37;
  // Of six outputs five are classes.
  const LossSpec loss{kCrossEntropy, 1.0, 5, weighted};
  std::vector<float> out = draw(kRows * 6, 14);
  const std::vector<float> bias = draw(6, 15);
  std::vector<float> with_bias = out;
  std::vector<float> labels;
  for (int64_t r = 0; r < kRows; ++r) {
    labels.push_back(static_cast<float>(r * 7 % 5));
    if (weighted) {
      labels.push_back(0.25F * static_cast<float>(r % 9));
    }
    for (int64_t c = 0; c < 6; ++c) {
      with_bias[at(6 * r + c)] += bias[at(c)];
    }
  }
  std::vector<float> grad(out.size(), 9.0F);
  std::vector<float> cpu_grad(out.size());
  std::vector<double> sums(2);
  cuda::StepState state;
  run_on_host(cuda::CrossEntropyLoss{out.data(), bias.data(), labels_at(labels.data(), loss, 6), grad.data(), 0.25F, kRows, 6, 5,
                                     {sums.data(), nullptr, 1.0, &state, kRows}},
              {2, 8});
  const double cpu = loss_sum(loss, with_bias.data(), labels.data(), kRows, 6, 0.25F, cpu_grad.data());
  EXPECT_NEAR(sums[0] + sums[1], cpu, 1e-9 * cpu);
  EXPECT_TRUE(same_bits(grad.data(), cpu_grad.data(), kRows * 6));
  EXPECT_EQ(state.row, kRows);
}

TEST(LossKernels, GiveTheCpusSumsAndGradients) {
  for (const bool weighted : {false, true}) {
    expect_the_cpus_loss({kMse, 0.7, 0, weighted}, SquaredError{});
    expect_the_cpus_loss({kMae, 0.7, 0, weighted}, AbsoluteError{});
    expect_the_cpus_loss({kHuber, 0.7, 0, weighted}, HuberError{0.7F});
    expect_the_cpus_cross_entropy(weighted);
  }
}

// --- Guarantees ---------------------------------------------------------------------------------------------------

TEST(GuaranteeKernels, FindTheFirstBreachAndNothingInTheGaps) {
  Arena arena(20);
  const int64_t extent = arena.layout.extent();
  BitMask used(arena.layout);
  for (const Tensor& tensor : arena.layout.tensors()) {
    used.fill(tensor, true);
  }
  std::vector<float> before(arena.param.data(), arena.param.data() + extent);
  std::vector<float> after = before;
  unsigned long long first = cuda::kNone;
  const auto moved = [&] {
    first = cuda::kNone;
    run_on_host(cuda::FindBreach<cuda::Breach::kMoved>{before.data(), after.data(), arena.mask.data(), used.words(), extent, &first},
                {3, 40});
    return first;
  };
  const Tensor& bias = arena.layout.tensors()[1];
  after[at(bias.offset + bias.size)] = 5.0F;  // a gap
  for (int64_t i = 0; i < extent; ++i) {
    if ((arena.mask[at(i / kWordBits)] >> (i % kWordBits) & 1U) != 0) {
      after[at(i)] += 1.0F;  // what may move
    }
  }
  EXPECT_EQ(moved(), cuda::kNone);
  after[2 * 64 + 9] = -after[2 * 64 + 9];  // the word that is all frozen
  after[2 * 64 + 30] = 0.0F;
  EXPECT_EQ(moved(), 2U * 64 + 9);
  std::vector<float> zeros(at(extent), 0.0F);
  zeros[2 * 64 + 7] = -0.0F;
  first = cuda::kNone;
  run_on_host(cuda::FindBreach<cuda::Breach::kNotZero>{nullptr, zeros.data(), arena.mask.data(), used.words(), extent, &first},
              {2, 64});
  EXPECT_EQ(first, 2U * 64 + 7);
  zeros[100] = std::numeric_limits<float>::quiet_NaN();
  first = cuda::kNone;
  run_on_host(cuda::FindBreach<cuda::Breach::kNotFinite>{nullptr, zeros.data(), nullptr, used.words(), extent, &first}, {2, 64});
  EXPECT_EQ(first, 100U);
}

}  // namespace
}  // namespace pacnet
