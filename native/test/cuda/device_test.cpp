// On a GPU: what the host runs of the kernels can't tell. Skipped, loudly, where there is none.

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "cuda/device.h"
#include "cuda/gpu.h"
#include "cuda/select.h"
#include "cuda/status.h"
#include "cuda/step_kernels.h"
#include "../cuda_cases.h"
#include "../fixture.h"
#include "../many_cases.h"
#include "optim/masked_step.h"
#include "pacnet/pacnet.h"
#include "prune/select.h"
#include "../scopes.h"

namespace pacnet {
namespace {

// Of a fixture's SetUp: the test is not run, loudly, where there is no GPU.
void skip_without_gpu() {
  const cuda::Status status = cuda::status();
  if (!status.usable) {
    GTEST_SKIP() << "NOT RUN: " << status.words;
  }
}

class OnDevice : public testing::Test {
 protected:
  void SetUp() override { skip_without_gpu(); }
};

std::vector<float> draw(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) {
    value = normal(random);
  }
  return values;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

TEST(Status, SaysWhatThereIsOrWhyNot) { EXPECT_FALSE(cuda::status().words.empty()); }

TEST_F(OnDevice, SelectsTheCpusMask) {
  for (const bool ties : {false, true}) {
    Layout layout;
    for (const int64_t size : {int64_t{100}, int64_t{1}, int64_t{100'000}, int64_t{4'000'003}}) {
      layout.add(std::to_string(size), {size}, kRolePrunable);
    }
    std::vector<float> values = draw(layout.extent(), 1);
    for (float& value : values) {
      value = ties ? std::round(4.0F * value) : value;
    }
    const Selector select = cuda::select_on_gpu(values.data(), layout);
    for (const int64_t keep : {int64_t{0}, int64_t{1}, int64_t{820'000}, int64_t{4'100'104}}) {
      BitMask expected(layout);
      select_largest(values.data(), layout.tensors(), keep, expected);
      BitMask found(layout);
      select(layout.tensors(), keep, found);
      for (int64_t w = 0; w < layout.extent() / kWordBits; ++w) {
        ASSERT_EQ(found.word(w), expected.word(w)) << w;
      }
    }
    values[200] = std::numeric_limits<float>::infinity();
    BitMask mask(layout);
    EXPECT_THROW(cuda::select_on_gpu(values.data(), layout)(layout.tensors(), 5, mask), Error);
  }
}

TEST_F(OnDevice, PrunesByEveryRuleAsTheCpuDoes) {
  for (const int rule : {kPruneGlobal, kPrunePlain, kPrunePerLayer, kPruneRandom}) {
    std::vector<std::vector<float>> pruned;
    for (const int device : {kCpu, kCuda}) {
      Network network("mlp sizes=9,300,200,70,1");
      network.initialize(4);
      std::vector<char> prunable;
      for (int64_t t = 0; t < network.tensor_count(); ++t) {
        prunable.push_back((network.tensor_roles(t) & kRolePrunable) != 0);
      }
      network.prune(0.9, rule, 3, reinterpret_cast<const bool*>(prunable.data()), network.tensor_count(), 1, device);
      pruned.push_back(test::parameters_of(network));
    }
    EXPECT_TRUE(same_bits(pruned[0], pruned[1])) << rule;
  }
}

TEST_F(OnDevice, StepsAsTheCpuDoes) {
  Layout layout;
  layout.add("w", {300'001}, kRolePrunable);
  const int64_t extent = layout.extent();
  std::vector<float> param = draw(extent, 2);
  const std::vector<float> grad = draw(extent, 3);
  FloatBuffer moment1(extent);
  FloatBuffer moment2(extent);
  std::vector<float> twice_l2(static_cast<std::size_t>(extent / kWordBits), 0.02F);
  BitMask trainable(layout);
  std::mt19937_64 random(4);
  for (int64_t w = 0; w < extent / kWordBits; ++w) {
    trainable.word(w) = random();
  }
  cuda::DeviceBuffer<float> p(extent);
  cuda::DeviceBuffer<float> g(extent);
  cuda::DeviceBuffer<float> m(extent);
  cuda::DeviceBuffer<float> v(extent);
  cuda::DeviceBuffer<float> l2(extent / kWordBits);
  cuda::DeviceBuffer<uint64_t> mask(extent / kWordBits);
  cuda::DeviceBuffer<cuda::StepState> state(1);
  const cuda::StepState start{};
  p.upload(param.data(), extent, nullptr);
  g.upload(grad.data(), extent, nullptr);
  m.clear(nullptr);
  v.clear(nullptr);
  l2.upload(twice_l2.data(), l2.size(), nullptr);
  mask.upload(trainable.words(), mask.size(), nullptr);
  state.upload(&start, 1, nullptr);
  const RateSchedule rates{kCosine, 0.01, 20};
  const Segment all{0, extent, 0.01F};
  for (int64_t step = 0; step < 5; ++step) {
    cuda::launch(cuda::AdvanceStep{state.data(), rates, 0.9, 0.999, 1e-8, 0.0, 0.0}, {1, 1}, nullptr);
    cuda::launch(cuda::MaskedAdam{{state.data(), p.data(), g.data(), m.data(), v.data(), nullptr, mask.data(), l2.data(), extent}},
                 cuda::MaskedAdam::grid(extent), nullptr);
    apply(AdamStep(rates.rate(step), 0.9, 0.999, 1e-8, 0.0, step + 1),
          {param.data(), grad.data(), moment1.data(), moment2.data(), nullptr}, trainable, {&all, 1}, 0, extent);
  }
  std::vector<float> found(param.size());
  p.download(found.data(), extent, nullptr);
  cuda::check(cudaDeviceSynchronize());
  const std::vector<float> before = draw(extent, 2);
  for (int64_t i = 0; i < extent; ++i) {
    const auto at = static_cast<std::size_t>(i);
    ASSERT_NEAR(found[at], param[at], 1e-6F);
    if (!trainable.get(i)) {
      ASSERT_EQ(std::bit_cast<uint32_t>(found[at]), std::bit_cast<uint32_t>(before[at]));
    }
  }
}

TEST_F(OnDevice, MemoryThatIsNotThereIsATypedErrorAndLeavesTheRest) {
  cuda::DeviceBuffer<float> before(1000);
  try {
    const cuda::DeviceBuffer<float> much(int64_t{1} << 50);
    FAIL() << "a petabyte was there";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kErrorOutOfMemory);
  }
  before.clear(nullptr);
  cuda::check(cudaDeviceSynchronize());
}

class FitOnDevice : public testing::TestWithParam<test::DeviceCase> {
 protected:
  void SetUp() override { skip_without_gpu(); }
};

TEST_P(FitOnDevice, LearnsWhatTheCpuLearnsAndTheSameBitsAgain) {
  const test::DeviceFitting fitting(GetParam());
  const test::DeviceFitting::Outcome found = fitting.by(device_engine);
  fitting.expect_same(found, fitting.on_cpu());
  const test::DeviceFitting::Outcome again = fitting.by(device_engine);
  EXPECT_TRUE(same_bits(found.params, again.params));
  EXPECT_EQ(found.losses, again.losses);
}

INSTANTIATE_TEST_SUITE_P(Fits, FitOnDevice, testing::ValuesIn(test::device_cases()),
                         [](const auto& instance) { return "case" + std::to_string(instance.index); });

class GroupOnDevice : public testing::TestWithParam<test::ManyCase> {
 protected:
  void SetUp() override { skip_without_gpu(); }
};

TEST_P(GroupOnDevice, LearnsWhatEachTargetsOwnFitLearnsAndTheSameBitsAgain) {
  const test::ManyFitting fitting(GetParam());
  const test::ManyFitting::Outcome all = fitting.together(group_device());
  fitting.expect_as_on_cpu(all);
  fitting.expect_independent(group_device(), all);
  const test::ManyFitting::Outcome parts = fitting.together({[] { return std::size_t{200'000}; }, group_device().engine});
  EXPECT_TRUE(same_bits(parts.params, all.params));
}

INSTANTIATE_TEST_SUITE_P(Fits, GroupOnDevice, testing::ValuesIn(test::many_cases()),
                         [](const auto& instance) { return "case" + std::to_string(instance.index); });

// One of its own kernels, one of LibTorch's operations, one with what the process shares between them set otherwise.
const test::DeviceCase kPerceptron{"mlp sizes=7,64,64,2 activation=silu", kMse, kAdam, test::Moves::kAll};
const test::DeviceCase kImages{test::kSmallImages, kCrossEntropy, kAdam, test::Moves::kAll, 0.0F, nullptr, kFloat32, 1e-3};
const test::DeviceCase kRounded{test::kSmallImages,  kCrossEntropy, kAdam, test::Moves::kAll, 0.0F, nullptr,
                                kTensorFloat32, 0.3};

TEST_F(OnDevice, FitsAtTheSameTimeGiveTheBitsOfOneAfterAnother) {
  std::vector<std::unique_ptr<test::DeviceFitting>> fittings;
  std::vector<test::DeviceFitting::Outcome> alone;
  for (const test::DeviceCase& c : {kPerceptron, kImages, kRounded, kPerceptron}) {
    fittings.push_back(std::make_unique<test::DeviceFitting>(c));
    alone.push_back(fittings.back()->by(device_engine));
  }
  std::vector<test::DeviceFitting::Outcome> together = alone;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < fittings.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 3; ++round) {
        together[i] = fittings[i]->by(device_engine);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (std::size_t i = 0; i < fittings.size(); ++i) {
    EXPECT_TRUE(same_bits(together[i].params, alone[i].params)) << i;
  }
}

TEST_F(OnDevice, AnExceptionInACaptureLeavesNothingBehind) {
  const test::DeviceFitting images(kImages);
  const test::DeviceFitting::Outcome before = images.by(device_engine);
  {
    cuda::Gpu gpu(false);
    const auto current = gpu.current();
    ASSERT_TRUE(gpu.captures());
    const at::Tensor ones = at::ones({64}, at::TensorOptions().device(gpu.device()));
    EXPECT_THROW(gpu.capture([&] {
      ones.add(1.0);
      throw Error(kErrorInternal, "on purpose");
    }),
                 Error);
    // LibTorch's own refusal: the host can't wait for a number within a capture.
    EXPECT_ANY_THROW(gpu.capture([&] { ones.sum().item<float>(); }));
    EXPECT_EQ(ones.sum().item<float>(), 64.0F);
  }
  EXPECT_TRUE(same_bits(images.by(device_engine).params, before.params));
}

TEST_F(OnDevice, AFitThatEndsEarlyPutsTheWeightsBack) {
  for (const char* description : {"mlp sizes=7,16,2", "cnn image=1,8,8 outputs=2 widths=4"}) {
    Network network(description);
    network.initialize(1);
    const std::vector<float> before = test::parameters_of(network);
    const std::vector<float> x = draw(50 * network.inputs(), 1);
    const std::vector<float> y = draw(50 * network.outputs(), 2);
    class Cancel final : public FitListener {
     public:
      bool on_epoch(int64_t epoch, double /*train*/, double /*validation*/) override { return epoch < 2; }
    } cancel;
    FitOptions options;
    options.epochs = 10;
    options.batch_size = 16;
    options.device = kCuda;
    const FitResult result = network.fit(options, FitScope(network), x.data(), test::count(x), y.data(), test::count(y), 50, &cancel);
    EXPECT_TRUE(result.cancelled);
    EXPECT_TRUE(same_bits(test::parameters_of(network), before));
    options.learning_rate = 1e30;
    EXPECT_THROW(network.fit(options, FitScope(network), x.data(), test::count(x), y.data(), test::count(y), 50, nullptr), Error);
    EXPECT_TRUE(same_bits(test::parameters_of(network), before));
  }
}

TEST_F(OnDevice, MemoryThatIsFullIsATypedErrorAndAFitGoesOnWhenItIsFree) {
  const test::DeviceFitting images(kImages);
  const test::DeviceFitting::Outcome before = images.by(device_engine);
  {
    std::vector<cuda::DeviceBuffer<char>> all;
    for (std::size_t size = cuda::Gpu::free_bytes(); size > (1U << 16); size /= 2) {
      try {
        for (;;) {
          all.emplace_back(static_cast<int64_t>(size));
        }
      } catch (const Error& e) {
        ASSERT_EQ(e.kind(), kErrorOutOfMemory);
      }
    }
    // Many rows, so that the fit's own arrays are what does not fit.
    Network network("mlp sizes=100,2000,2000,1");
    network.initialize(1);
    const std::vector<float> x = draw(1000 * 100, 1);
    const std::vector<float> y = draw(1000, 2);
    FitOptions options;
    options.device = kCuda;
    try {
      network.fit(options, FitScope(network), x.data(), test::count(x), y.data(), test::count(y), 1000, nullptr);
      FAIL() << "there was room";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), kErrorOutOfMemory) << e.what();
    }
  }
  EXPECT_TRUE(same_bits(images.by(device_engine).params, before.params));
}

}  // namespace
}  // namespace pacnet
