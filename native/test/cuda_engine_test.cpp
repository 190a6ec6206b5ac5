// The engine of a GPU's fits, whole, on the host: the same kernels, operations, uploads and order.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>

#include "core/omp.h"
#include "cuda/engine.h"
#include "cuda_cases.h"
#include "cuda_host.h"

namespace pacnet {
namespace {

std::unique_ptr<Engine> host_engine(const DeviceFit& fit) { return std::make_unique<cuda::DeviceEngine<test::Host>>(fit); }

class EngineOnHost : public testing::TestWithParam<test::DeviceCase> {};

TEST_P(EngineOnHost, LearnsWhatTheCpuLearns) {
  const OmpThreads one(1);  // as the CPU's fit has: sums in another order are amplified by Adam where gradients are almost zero
  const test::DeviceFitting fitting(GetParam());
  fitting.expect_same(fitting.by(host_engine), fitting.on_cpu());
}

INSTANTIATE_TEST_SUITE_P(Fits, EngineOnHost, testing::ValuesIn(test::device_cases()),
                         [](const auto& instance) { return "case" + std::to_string(instance.index); });

TEST(HostBuffer, EndsTheProcessWhereItIsLeft) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        test::HostBuffer<float> buffer(3);
        volatile float* past = buffer.data() + 3;
        *past = 1.0F;
      },
      "");
}

}  // namespace
}  // namespace pacnet
