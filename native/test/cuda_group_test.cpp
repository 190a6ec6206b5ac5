// The engine of many targets, whole, on the host: the same kernels, uploads and order as on a GPU.

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory>

#include "core/error.h"
#include "cuda/group_engine.h"
#include "cuda_host.h"
#include "many_cases.h"

namespace pacnet {
namespace {

GroupDevice host(std::size_t (*free_bytes)() = test::Host::free_bytes) {
  return {free_bytes, [](const GroupFit& fit) -> std::unique_ptr<GroupEngine> {
            return std::make_unique<cuda::DeviceGroup<test::Host>>(fit);
          }};
}

class GroupOnHost : public testing::TestWithParam<test::ManyCase> {};

TEST_P(GroupOnHost, LearnsWhatEachTargetsOwnFitLearns) {
  const test::ManyFitting fitting(GetParam());
  const test::ManyFitting::Outcome all = fitting.together(host());
  fitting.expect_as_on_cpu(all);
  fitting.expect_independent(host(), all);
}

TEST_P(GroupOnHost, LearnsTheSameInGroupsThatFit) {
  const test::ManyFitting fitting(GetParam());
  const test::ManyFitting::Outcome all = fitting.together(host());
  const test::ManyFitting::Outcome parts = fitting.together(host([] { return std::size_t{200'000}; }));
  EXPECT_EQ(parts.params, all.params);
  EXPECT_EQ(parts.losses, all.losses);
}

INSTANTIATE_TEST_SUITE_P(Fits, GroupOnHost, testing::ValuesIn(test::many_cases()),
                         [](const auto& instance) { return "case" + std::to_string(instance.index); });

TEST(GroupOnHost, TellsTheListenerOfEachEpochAndStopsWhenItAsks) {
  class Stop final : public FitListener {
   public:
    bool on_epoch(int64_t epoch, double train, double /*validation*/) override {
      EXPECT_EQ(epoch, ++told);
      EXPECT_GT(train, 0.0);
      return epoch < 5;
    }
    int64_t told = 0;
  } stop;
  const test::ManyFitting fitting(test::many_cases().front());
  EXPECT_TRUE(fitting.together(host(), 0, 3, &stop).result.cancelled);
  EXPECT_EQ(stop.told, 5);
}

TEST(GroupOnHost, ATargetThatDivergesIsToldAndKeepsItsStart) {
  test::ManyCase c = test::many_cases().back();
  c.epochs = 30;
  const test::ManyFitting fitting(c);
  const test::ManyFitting::Outcome found = fitting.together(host(), 0, 2, nullptr, 1e20);
  for (const int64_t epoch : found.diverged) {
    EXPECT_GT(epoch, 0);
  }
  std::size_t at = 0;
  for (const Tensor& tensor : fitting.layout().tensors()) {
    for (int64_t i = 0; i < tensor.size; ++i) {
      EXPECT_EQ(found.params[at++], fitting.start().data()[tensor.offset + i]);
    }
  }
}

TEST(GroupOnHost, LearnsOnTheCpuWhatEachTargetsOwnFitLearns) {
  const test::ManyFitting fitting(test::many_cases().front());
  const test::ManyFitting::Outcome one_by_one = fitting.together({});
  fitting.expect_as_on_cpu(one_by_one);
  test::ManyCase wild = test::many_cases().back();
  wild.epochs = 30;
  for (const int64_t epoch : test::ManyFitting(wild).together({}, 0, 2, nullptr, 1e20).diverged) {
    EXPECT_GT(epoch, 0);
  }
}

TEST(GroupOnHost, RefusesWhatItDoesNotLearn) {
  Network network("mlp sizes=3,8,1");
  network.initialize(1);
  const std::vector<float> x(6 * 3, 1.0F);
  const std::vector<float> y(6, 1.0F);
  std::vector<float> params(static_cast<std::size_t>(2 * network.parameter_count()));
  std::vector<double> losses(2);
  std::vector<int64_t> diverged(2);
  const std::vector<int64_t> rows = {2, 4};
  const auto fit = [&](const Network& of, const FitOptions& options) {
    of.fit_many(options, FitScope(of), x.data(), 18, y.data(), 6, rows.data(), 2, params.data(), 2 * of.parameter_count(),
                losses.data(), 2, diverged.data(), 2, nullptr);
  };
  FitOptions options;
  fit(network, options);
  options.device = kCuda;
  options.precision = kBfloat16;
  EXPECT_THROW(fit(network, options), Error);
  options = {};
  options.validation_share = 0.5;
  EXPECT_THROW(fit(network, options), Error);
  options.validation_share = 0.0;
  EXPECT_THROW(fit(Network("mlp sizes=3,8,1 dropout=0.1"), options), Error);
  options.epochs = 2;  // for which there is no room
  EXPECT_THROW(fit(network, options), Error);
}

}  // namespace
}  // namespace pacnet
