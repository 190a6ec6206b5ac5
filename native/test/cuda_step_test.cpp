// Training steps as the GPU has them, all of them on the host: the same kernels, operations and order, beside the CPU's own
// training loop.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <numeric>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "core/arena.h"
#include "core/blas.h"
#include "core/omp.h"
#include "core/random.h"
#include "cuda/form_step.h"
#include "cuda/mlp_step.h"
#include "nn/describe.h"
#include "pacnet/pacnet.h"
#include "prune/select.h"
#include "train/fit.h"
#include "train/rows.h"
#include "train/scope.h"

namespace pacnet {
namespace {

struct HostBackend {
  float* floats(int64_t count) { return float_rooms.emplace_back(count).data(); }
  double* doubles(int64_t count) { return double_rooms.emplace_back(static_cast<std::size_t>(count)).data(); }
  static at::Device device() { return at::kCPU; }
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

enum class Moves { kAll, kKept, kPruned };
enum class By { kKernels, kForm };

struct Case {
  std::string network;
  By by;
  Loss loss;
  Optimizer optimizer;
  Moves moves;
  float l2 = 0.0F;
  double tolerance = 1e-5;
  /// What else the fit is charged for; start: the arena before it.
  std::function<void(Scope& scope, const float* start)> terms = nullptr;
  bool bf16 = false;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.network; }

// Four epochs of 49 rows, of which the last batch is a single one.
constexpr int64_t kRows = 49;
constexpr int64_t kBatch = 8;
constexpr int64_t kEpochs = 4;
constexpr int64_t kStepsAnEpoch = (kRows + kBatch - 1) / kBatch;

struct Data {
  std::vector<float> x;
  std::vector<float> y;
};

Data draw(const Net& net, int64_t classes, const std::string& network) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  Data data{std::vector<float>(static_cast<std::size_t>(kRows * net.inputs())),
            std::vector<float>(static_cast<std::size_t>(kRows * (classes > 0 ? 1 : net.outputs())))};
  for (float& value : data.x) {
    value = normal(random);
  }
  for (float& value : data.y) {
    value = classes > 0 ? static_cast<float>(random() % static_cast<unsigned>(classes)) : normal(random);
  }
  for (int64_t r = 0; r < kRows; ++r) {
    float* row = data.x.data() + r * net.inputs();
    if (network.starts_with("pinn")) {  // x, t, coefficient, what is asked
      row[0] = std::tanh(row[0]);
      row[1] = std::abs(std::tanh(row[1]));
      row[2] = 0.1F;
      row[3] = static_cast<float>(r % 3);
    } else if (network.starts_with("ode")) {  // distances between times
      for (int64_t i = 2; i < net.inputs(); ++i) {
        row[i] = 0.1F + 0.02F * std::tanh(row[i]);
      }
    }
  }
  return data;
}

class LastLoss final : public FitListener {
 public:
  bool on_epoch(int64_t /*epoch*/, double train_loss, double /*validation*/) override {
    loss = train_loss;
    return true;
  }
  double loss = 0.0;
};

class StepOnHost : public testing::TestWithParam<Case> {};

TEST_P(StepOnHost, LearnsWhatTheCpuLearns) {
  const Case& c = GetParam();
  const auto net = make_net(c.network);
  const Layout& layout = net->layout();
  const int64_t extent = layout.extent();
  FloatBuffer start(extent);
  net->initialize(start.data(), 3);
  BitMask kept(layout);
  std::vector<Tensor> prunable;
  for (const Tensor& tensor : layout.tensors()) {
    kept.fill(tensor, true);
    if (tensor.is(kRolePrunable)) {
      prunable.push_back(tensor);
    }
  }
  select_by_rule(start.data(), prunable, 0.8, kPruneGlobal, kept);
  Scope scope(layout);
  for (const Tensor& tensor : layout.tensors()) {
    for (int64_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
      if (!kept.get(i)) {
        start.data()[i] = 0.0F;
      }
      const bool pruned_only = c.moves == Moves::kPruned && kept.get(i);
      const bool kept_only = c.moves == Moves::kKept && !kept.get(i);
      if (pruned_only || kept_only) {
        scope.trainable.word(i / kWordBits) &= ~(uint64_t{1} << (i % kWordBits));
      }
    }
  }
  for (Segment& segment : scope.segments) {
    segment.l2 = c.l2;
  }
  if (c.terms != nullptr) {
    c.terms(scope, start.data());
  }
  const int64_t classes = c.loss == kCrossEntropy ? (scope.terms.soft.first > 0 ? scope.terms.soft.first : net->outputs()) : 0;
  const Data data = draw(*net, classes, c.network);

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
  const LossSpec loss_spec{c.loss, options.huber_delta, classes};

  // As the device has it.
  FloatBuffer param(extent);
  std::copy_n(start.data(), extent, param.data());
  FloatBuffer grad(extent);
  FloatBuffer moment1(extent);
  FloatBuffer moment2(extent);
  BitMask optimized = scope.trainable;
  for (const Tensor& tensor : layout.tensors()) {
    if (tensor.is(kRoleStatistics)) {
      optimized.fill(tensor, false);
    }
  }
  const bool pulled = !has_penalty(scope);
  std::vector<float> twice_l2(static_cast<std::size_t>(extent / kWordBits), pulled ? 2.0F * c.l2 : 0.0F);
  cuda::StepState state;
  std::vector<uint32_t> order(kRows);
  std::vector<uint32_t> keys(static_cast<std::size_t>(kStepsAnEpoch));
  double loss = 0.0;
  HostBackend backend;
  const OmpThreads one(1);  // as the fit below has: sums in another order are amplified by Adam where gradients are almost zero
  const float* anchor = scope.anchor.size() > 0 ? scope.anchor.data() : nullptr;
  const cuda::StepFit fit{data.x.data(),
                          data.y.data(),
                          order.data(),
                          keys.data(),
                          {&state, param.data(), grad.data(), moment1.data(), moment2.data(), anchor, optimized.words(),
                           twice_l2.data(), extent},
                          &loss,
                          c.optimizer != kSgd,
                          {&state, {kCosine, options.learning_rate, kEpochs * kStepsAnEpoch}, options.beta1, options.beta2,
                           options.epsilon, options.weight_decay, options.momentum, 0}};
  const auto* mlp = dynamic_cast<const Mlp*>(net.get());
  std::unique_ptr<cuda::Step> step;
  if (c.by == By::kKernels) {
    step = std::make_unique<cuda::MlpStep<HostBackend>>(*mlp, loss_spec, fit, kBatch, backend);
  } else {
    step = std::make_unique<cuda::FormStep<HostBackend>>(*net, scope, loss_spec, fit, anchor,
                                                         mlp == nullptr ? 0.0 : mlp->dropout(), options.seed, c.bf16, kBatch,
                                                         backend);
  }
  double last = 0.0;
  for (int64_t epoch = 1; epoch <= kEpochs; ++epoch) {
    std::iota(order.begin(), order.end(), 0U);
    Random(options.seed, Stream::kShuffle, static_cast<uint64_t>(epoch)).shuffle(order);
    for (int64_t s = 0; s < kStepsAnEpoch; ++s) {
      keys[static_cast<std::size_t>(s)] = dropout_key(options.seed, (epoch - 1) * kStepsAnEpoch + s);
    }
    cuda::run_on_host(cuda::BeginEpoch{&state}, {1, 1});
    loss = 0.0;
    for (int64_t begin = 0; begin < kRows; begin += kBatch) {
      step->train(std::min(kBatch, kRows - begin));
    }
    last = loss / kRows;
  }

  FloatBuffer trained(extent);
  std::copy_n(start.data(), extent, trained.data());
  LastLoss listener;
  const auto rows = rows_in_memory(data.x.data(), data.y.data(), kRows, *net, loss_spec);
  pacnet::fit(*net, scope, trained.data(), options, loss_spec, *rows, &listener);

  EXPECT_NEAR(last, listener.loss, c.tolerance * listener.loss);
  double difference = 0.0;
  double size = 0.0;
  double moved = 0.0;
  for (const Tensor& tensor : layout.tensors()) {
    for (int64_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
      const auto found = static_cast<double>(param.data()[i]);
      const auto expected = static_cast<double>(trained.data()[i]);
      difference = std::max(difference, std::fabs(found - expected));
      size = std::max(size, std::fabs(expected));
      moved = std::max(moved, std::fabs(found - static_cast<double>(start.data()[i])));
      if (!scope.trainable.get(i)) {
        EXPECT_EQ(param.data()[i], start.data()[i]) << tensor.name;
      }
    }
  }
  EXPECT_LT(difference, c.tolerance * size);
  EXPECT_GT(moved, 1e-3 * size);
  // And without learning: the whole data in one batch's pieces.
  std::iota(order.begin(), order.end(), 0U);
  cuda::run_on_host(cuda::BeginEpoch{&state}, {1, 1});
  loss = 0.0;
  for (int64_t begin = 0; begin < kRows; begin += kBatch) {
    step->measure(std::min(kBatch, kRows - begin));
  }
  Team team(1);
  const BitMask nothing(layout);
  const auto pass = net->training({param.data(), nothing, loss_spec, {}, kRows, 0, team});
  const double told = pass->loss(
      [&](int64_t begin, int64_t end, float* x, float* y) {
        const int64_t labels = label_width(loss_spec, *net);
        std::copy_n(data.x.data() + begin * net->inputs(), (end - begin) * net->inputs(), x);
        std::copy_n(data.y.data() + begin * labels, (end - begin) * labels, y);
      },
      kRows);
  EXPECT_NEAR(loss, told, std::max(1e-4, c.tolerance) * told);
}

void anchored(Scope& scope, const float* start) {
  scope.anchor = FloatBuffer(scope.layout.extent());
  for (int64_t i = 0; i < scope.layout.extent(); ++i) {
    scope.anchor.data()[i] = 0.9F * start[i];
  }
  scope.terms.reference = scope.anchor.data();
}

void with_penalty(Scope& scope, const float* start) {
  anchored(scope, start);
  scope.precision = FloatBuffer(scope.layout.extent());
  scope.low_rank.emplace_back(scope.layout.extent());
  for (int64_t i = 0; i < scope.layout.extent(); ++i) {
    scope.precision.data()[i] = 1.0F + static_cast<float>(i % 3);
    scope.low_rank.back().data()[i] = 0.001F * static_cast<float>(i % 5);
  }
}

void with_features(Scope& scope, const float* start) {
  anchored(scope, start);
  scope.terms.features.resize(2);
  scope.terms.features[1].assign(8, 0.05F);
}

void with_soft_labels(Scope& scope, const float* start) {
  anchored(scope, start);
  scope.terms.soft = {0.5, 2.0, 2, 2, {}};
}

void with_soft_table(Scope& scope, const float* /*start*/) {
  scope.terms.soft = {0.5, 1.0, 2, 2, {0.9F, 0.1F, 0.3F, 0.7F}};
}

void with_spectrum(Scope& scope, const float* /*start*/) {
  scope.terms.spectral = 0.01;
  scope.terms.spectral_count = 2;
}

void with_stochastic(Scope& scope, const float* /*start*/) { scope.terms.stochastic_normalisation = 0.5; }

const char* const kSmallImages = "cnn image=2,8,8 outputs=3 widths=6,8";

INSTANTIATE_TEST_SUITE_P(
    Kernels, StepOnHost,
    testing::Values(Case{"mlp sizes=7,19,13,2 activation=silu", By::kKernels, kMse, kAdam, Moves::kKept},
                    Case{"mlp sizes=7,19,13,2 activation=silu", By::kKernels, kMse, kAdam, Moves::kPruned, 0.01F},
                    Case{"mlp sizes=5,40,1 activation=relu", By::kKernels, kMae, kAdamW, Moves::kAll},
                    Case{"mlp sizes=5,33,9,1 activation=tanh", By::kKernels, kHuber, kSgd, Moves::kPruned, 0.01F},
                    Case{"mlp sizes=6,21,8,4 activation=sigmoid", By::kKernels, kCrossEntropy, kAdam, Moves::kKept},
                    Case{"mlp sizes=6,21,8,4 activation=gelu dropout=0.3", By::kKernels, kCrossEntropy, kAdam, Moves::kAll},
                    Case{"mlp sizes=6,21,8,4 activation=tanh dropout=0.2", By::kKernels, kMse, kAdam, Moves::kPruned, 0.001F},
                    Case{"mlp sizes=3,2", By::kKernels, kMse, kSgd, Moves::kAll}),
    [](const auto& instance) { return "case" + std::to_string(instance.index); });

INSTANTIATE_TEST_SUITE_P(
    Forms, StepOnHost,
    testing::Values(
        Case{"mlp sizes=7,19,13,2 activation=silu", By::kForm, kHuber, kAdam, Moves::kPruned, 0.01F},
        Case{"mlp sizes=6,21,8,4 activation=gelu dropout=0.3", By::kForm, kCrossEntropy, kAdamW, Moves::kAll},
        Case{"mlp sizes=6,12,9,2 activation=tanh", By::kForm, kMse, kAdam, Moves::kAll, 0.01F, 1e-5, with_penalty},
        Case{"mlp sizes=6,12,8,2 activation=sigmoid", By::kForm, kMae, kSgd, Moves::kAll, 0.0F, 1e-5, with_features},
        Case{"mlp sizes=6,12,9,4 activation=relu", By::kForm, kCrossEntropy, kAdam, Moves::kAll, 0.0F, 1e-5, with_soft_labels},
        Case{"mlp sizes=6,12,9,4 activation=silu", By::kForm, kCrossEntropy, kAdam, Moves::kAll, 0.0F, 1e-5, with_soft_table},
        Case{"mlp sizes=6,12,9,2 activation=silu", By::kForm, kMse, kAdam, Moves::kAll, 0.0F, 1e-4, with_spectrum},
        Case{kSmallImages, By::kForm, kCrossEntropy, kAdam, Moves::kKept},
        Case{kSmallImages, By::kForm, kMse, kAdam, Moves::kPruned, 0.01F},
        Case{kSmallImages, By::kForm, kCrossEntropy, kSgd, Moves::kAll, 0.0F, 1e-5, with_features},
        Case{kSmallImages, By::kForm, kCrossEntropy, kAdam, Moves::kAll, 0.0F, 1e-5, with_stochastic},
        Case{"resnet18 image=1,16,16 outputs=2 base=4", By::kForm, kCrossEntropy, kAdam, Moves::kKept, 0.0F, 1e-3},
        Case{"ode states=2 steps=5 time=1 hidden=8,8 activation=tanh substeps=2", By::kForm, kMse, kAdam, Moves::kPruned, 0.001F},
        Case{"ode states=1 steps=3 time=0 hidden=9 activation=silu", By::kForm, kMae, kAdam, Moves::kAll},
        Case{"pinn equation=burgers hidden=10,10 columns=0,1,2,3 weight=2", By::kForm, kMse, kAdam, Moves::kPruned, 0.001F},
        Case{"pinn equation=allen-cahn hidden=10,10 columns=0,1,2,3 weight=1", By::kForm, kMse, kAdam, Moves::kAll, 0.0F, 1e-4},
        Case{"pinn equation=wave hidden=10,10 columns=0,1,2,3 weight=1", By::kForm, kMse, kAdam, Moves::kAll, 0.0F, 1e-4},
        // What bfloat16 costs; what is frozen stays all the same.
        Case{"mlp sizes=6,12,9,2 activation=silu", By::kForm, kMse, kAdam, Moves::kPruned, 0.01F, 0.03, nullptr, true},
        Case{kSmallImages, By::kForm, kCrossEntropy, kAdam, Moves::kKept, 0.0F, 0.1, nullptr, true}),
    [](const auto& instance) { return "case" + std::to_string(instance.index); });

}  // namespace
}  // namespace pacnet
