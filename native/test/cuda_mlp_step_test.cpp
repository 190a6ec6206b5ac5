// A perceptron's training step as the GPU has it, all of it on the host: the same kernels and the same order, beside the CPU's own
// training loop.

#include <gtest/gtest.h>

#include <cstdint>
#include <list>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "core/arena.h"
#include "core/blas.h"
#include "core/random.h"
#include "cuda/mlp_step.h"
#include "fixture.h"
#include "nn/describe.h"
#include "pacnet/pacnet.h"
#include "scopes.h"

namespace pacnet {
namespace {

using namespace test;  // NOLINT: the helpers of this very file's subject

struct HostBackend {
  float* floats(int64_t count) { return float_rooms.emplace_back(count).data(); }
  double* doubles(int64_t count) { return double_rooms.emplace_back(static_cast<std::size_t>(count)).data(); }
  template <typename Kernel>
  void run(const Kernel& kernel, cuda::Grid grid) {
    cuda::run_on_host(kernel, grid);
  }
  void product_nt(int64_t rows, int64_t cols, int64_t inner, const float* a, const float* b, float* c) {
    gemm_nt(rows, cols, inner, a, inner, b, inner, c, cols);
  }
  void product_nn(int64_t rows, int64_t cols, int64_t inner, const float* a, const float* b, float* c) {
    gemm_nn(rows, cols, inner, a, inner, b, cols, c, cols);
  }
  void product_tn(int64_t rows, int64_t cols, int64_t inner, const float* a, const float* b, float* c) {
    gemm_tn(rows, cols, inner, a, rows, b, cols, c, cols);
  }
  std::list<FloatBuffer> float_rooms;
  std::list<std::vector<double>> double_rooms;
};

struct Case {
  std::string network;
  Loss loss;
  Optimizer optimizer;
  Train which;
  double l2;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.network; }

class MlpStepOnHost : public testing::TestWithParam<Case> {};

// 52 steps: four epochs of 97 rows, of which the last batch is a single one.
constexpr int64_t kRows = 97;
constexpr int64_t kBatch = 8;
constexpr int64_t kEpochs = 4;

TEST_P(MlpStepOnHost, LearnsWhatTheCpuLearns) {
  const Case& c = GetParam();
  Network network(c.network.c_str());
  network.initialize(3);
  std::vector<char> prunable;
  for (int64_t t = 0; t < network.tensor_count(); ++t) {
    prunable.push_back((network.tensor_roles(t) & kRolePrunable) != 0);
  }
  network.prune(0.8, kPruneGlobal, 0, reinterpret_cast<const bool*>(prunable.data()), network.tensor_count());
  const std::vector<float> start = parameters_of(network);
  const int64_t classes = c.loss == kCrossEntropy ? network.outputs() : 0;
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  std::vector<float> x(static_cast<std::size_t>(kRows * network.inputs()));
  for (float& value : x) {
    value = normal(random);
  }
  std::vector<float> y(static_cast<std::size_t>(kRows * (classes > 0 ? 1 : network.outputs())));
  for (float& value : y) {
    value = classes > 0 ? static_cast<float>(random() % static_cast<unsigned>(classes)) : normal(random);
  }

  // As the device has it.
  const auto net = make_net(c.network);
  const auto& mlp = dynamic_cast<const Mlp&>(*net);
  const Layout& layout = mlp.layout();
  const int64_t extent = layout.extent();
  FloatBuffer param(extent);
  FloatBuffer grad(extent);
  FloatBuffer moment1(extent);
  FloatBuffer moment2(extent);
  BitMask trainable(layout);
  std::vector<float> twice_l2(static_cast<std::size_t>(extent / kWordBits), static_cast<float>(2.0 * c.l2));
  std::size_t at = 0;
  for (std::size_t t = 0; t < layout.tensors().size(); ++t) {
    const Tensor& tensor = layout.tensors()[t];
    const std::vector<uint8_t> kept = mask_bits(network, static_cast<int64_t>(t));
    for (int64_t i = 0; i < tensor.size; ++i) {
      param.data()[tensor.offset + i] = start[at++];
      const bool keeps = (kept[static_cast<std::size_t>(i / 8)] >> (i % 8) & 1) != 0;
      if (c.which == Train::kAll || keeps == (c.which == Train::kKept)) {
        trainable.word((tensor.offset + i) / kWordBits) |= uint64_t{1} << (i % kWordBits);
      }
    }
  }
  FitOptions options;
  options.loss = c.loss;
  options.huber_delta = 0.8;
  options.optimizer = c.optimizer;
  options.learning_rate = 0.003;
  options.schedule = kCosine;
  options.momentum = 0.9;
  options.weight_decay = c.optimizer == kAdamW ? 0.1 : 0.0;
  options.batch_size = kBatch;
  options.epochs = kEpochs;
  options.seed = 11;
  const int64_t steps_an_epoch = (kRows + kBatch - 1) / kBatch;
  cuda::StepState state;
  std::vector<uint32_t> order(kRows);
  std::vector<uint32_t> keys(static_cast<std::size_t>(steps_an_epoch));
  double loss = 0.0;
  HostBackend backend;
  const cuda::MlpFit fit{x.data(),
                         y.data(),
                         order.data(),
                         keys.data(),
                         {&state, param.data(), grad.data(), moment1.data(), moment2.data(), nullptr, trainable.words(),
                          twice_l2.data(), extent},
                         &loss,
                         c.optimizer != kSgd,
                         {&state, {kCosine, options.learning_rate, kEpochs * steps_an_epoch}, options.beta1, options.beta2,
                          options.epsilon, options.weight_decay, options.momentum, 0}};
  cuda::MlpStep<HostBackend> step(mlp, {c.loss, options.huber_delta, classes}, fit, kBatch, backend);
  double last = 0.0;
  for (int64_t epoch = 1; epoch <= kEpochs; ++epoch) {
    std::iota(order.begin(), order.end(), 0U);
    Random(options.seed, Stream::kShuffle, static_cast<uint64_t>(epoch)).shuffle(order);
    for (int64_t s = 0; s < steps_an_epoch; ++s) {
      keys[static_cast<std::size_t>(s)] = dropout_key(options.seed, (epoch - 1) * steps_an_epoch + s);
    }
    cuda::run_on_host(cuda::BeginEpoch{&state}, {1, 1});
    loss = 0.0;
    for (int64_t begin = 0; begin < kRows; begin += kBatch) {
      step.train(std::min(kBatch, kRows - begin));
    }
    last = loss / kRows;
  }

  const double expected = test::fit(network, options, PhaseScope(network, c.which, c.l2), x, y);
  const std::vector<float> trained = parameters_of(network);
  std::vector<float> found;
  for (const Tensor& tensor : layout.tensors()) {
    found.insert(found.end(), param.data() + tensor.offset, param.data() + tensor.offset + tensor.size);
  }
  EXPECT_NEAR(last, expected, 1e-5 * expected);
  EXPECT_LT(relative_difference(found, trained), 1e-5);
  EXPECT_GT(relative_difference(found, start), 1e-3);
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i] == start[i], trained[i] == start[i]) << i;
  }
  // And without learning: the whole data in one batch's pieces.
  std::iota(order.begin(), order.end(), 0U);
  cuda::run_on_host(cuda::BeginEpoch{&state}, {1, 1});
  loss = 0.0;
  for (int64_t begin = 0; begin < kRows; begin += kBatch) {
    step.measure(std::min(kBatch, kRows - begin));
  }
  std::vector<float> out(static_cast<std::size_t>(kRows * network.outputs()));
  network.predict(x.data(), count(x), kRows, out.data(), count(out), 1);
  const double told = loss_sum({c.loss, options.huber_delta, classes}, out.data(), y.data(), kRows, network.outputs(), 1.0F, nullptr);
  EXPECT_NEAR(loss, told, 1e-4 * told);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, MlpStepOnHost,
    testing::Values(Case{"mlp sizes=7,19,13,2 activation=silu", kMse, kAdam, Train::kKept, 0.0},
                    Case{"mlp sizes=7,19,13,2 activation=silu", kMse, kAdam, Train::kPruned, 0.01},
                    Case{"mlp sizes=5,40,1 activation=relu", kMae, kAdamW, Train::kAll, 0.0},
                    Case{"mlp sizes=5,33,9,1 activation=tanh", kHuber, kSgd, Train::kPruned, 0.01},
                    Case{"mlp sizes=6,21,8,4 activation=sigmoid", kCrossEntropy, kAdam, Train::kKept, 0.0},
                    Case{"mlp sizes=6,21,8,4 activation=gelu dropout=0.3", kCrossEntropy, kAdam, Train::kAll, 0.0},
                    Case{"mlp sizes=6,21,8,4 activation=tanh dropout=0.2", kMse, kAdam, Train::kPruned, 0.001},
                    Case{"mlp sizes=3,2", kMse, kSgd, Train::kAll, 0.0}),
    [](const auto& instance) { return "case" + std::to_string(instance.index); });

}  // namespace
}  // namespace pacnet
