// On a GPU: what the host runs of the kernels can't tell. Skipped, loudly, where there is none.

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "core/error.h"
#include "cuda/device.h"
#include "cuda/select.h"
#include "cuda/status.h"
#include "cuda/step_kernels.h"
#include "../fixture.h"
#include "optim/masked_step.h"
#include "pacnet/pacnet.h"
#include "prune/select.h"
#include "../scopes.h"

namespace pacnet {
namespace {

class OnDevice : public testing::Test {
 protected:
  void SetUp() override {
    const cuda::Status status = cuda::status();
    if (!status.usable) {
      GTEST_SKIP() << "NOT RUN: " << status.words;
    }
  }
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
    cuda::DeviceBuffer<float> on_device(layout.extent());
    on_device.upload(values.data(), layout.extent(), nullptr);
    for (const int64_t keep : {int64_t{0}, int64_t{1}, int64_t{820'000}, int64_t{4'100'104}}) {
      BitMask expected(layout);
      select_largest(values.data(), layout.tensors(), keep, expected);
      const int64_t words = layout.extent() / kWordBits;
      cuda::DeviceBuffer<uint64_t> mask(words);
      mask.clear(nullptr);
      cuda::select_largest(on_device.data(), layout.tensors(), keep, mask.data(), nullptr);
      std::vector<uint64_t> found(static_cast<std::size_t>(words));
      mask.download(found.data(), words, nullptr);
      cuda::check(cudaDeviceSynchronize());
      for (int64_t w = 0; w < words; ++w) {
        ASSERT_EQ(found[static_cast<std::size_t>(w)], expected.word(w)) << w;
      }
    }
    values[200] = std::numeric_limits<float>::infinity();
    on_device.upload(values.data(), layout.extent(), nullptr);
    cuda::DeviceBuffer<uint64_t> mask(layout.extent() / kWordBits);
    EXPECT_THROW(cuda::select_largest(on_device.data(), layout.tensors(), 5, mask.data(), nullptr), Error);
  }
}

TEST_F(OnDevice, StepsAsTheCpuDoes) {
  Layout layout;
  layout.add("w", {300'001}, kRolePrunable);
  const int64_t extent = layout.extent();
  std::vector<float> param = draw(extent, 2);
  const std::vector<float> grad = draw(extent, 3);
  std::vector<float> moment1(param.size(), 0.0F);
  std::vector<float> moment2(param.size(), 0.0F);
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
    cuda::launch(cuda::AdvanceStep{state.data(), rates, 0.9, 0.999, 1e-8, 0.0, 0.0, 1}, {1, 1}, nullptr);
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

// What the host run of MlpStep can't tell: graphs, streams, products.
TEST_F(OnDevice, TrainsAsTheCpuDoes) {
  for (const char* description : {"mlp sizes=7,64,64,2 activation=silu", "mlp sizes=7,64,3 activation=tanh dropout=0.2"}) {
    Network on_cpu(description);
    on_cpu.initialize(1);
    Network on_gpu(description);
    test::set_parameters(on_gpu, test::parameters_of(on_cpu));
    const std::vector<float> x = draw(1000 * 7, 5);
    const std::vector<float> y = draw(1000 * on_cpu.outputs(), 6);
    FitOptions options;
    options.epochs = 3;
    options.batch_size = 48;
    options.validation_share = 0.1;
    const double cpu = test::fit(on_cpu, options, test::PhaseScope(on_cpu, test::Train::kAll, 0.01), x, y);
    options.device = kCuda;
    const double gpu = test::fit(on_gpu, options, test::PhaseScope(on_gpu, test::Train::kAll, 0.01), x, y);
    EXPECT_NEAR(gpu, cpu, 1e-5 * cpu);
    EXPECT_LT(test::relative_difference(test::parameters_of(on_gpu), test::parameters_of(on_cpu)), 1e-5);
  }
}

}  // namespace
}  // namespace pacnet
