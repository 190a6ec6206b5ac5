// The written-out backward pass against LibTorch's autograd, for every activation and loss, and against finite
// differences where dropout makes the network its own.

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/huber_loss.h>
#include <ATen/ops/l1_loss.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/tanh.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/variable.h>

#include <cmath>
#include <random>
#include <tuple>
#include <vector>

#include "nn/mlp.h"
#include "wanted.h"

namespace pacnet {
namespace {

constexpr int64_t kRows = 13;

struct Problem {
  Problem(Activation activation, Loss loss, double dropout)
      : mlp({5, 9, 70, loss == kCrossEntropy ? 4 : 2}, activation, dropout), params(mlp.layout().extent()) {
    std::mt19937 random(static_cast<unsigned>(activation) * 10 + static_cast<unsigned>(loss));
    std::uniform_real_distribution<float> uniform(-0.7F, 0.7F);
    for (int64_t i = 0; i < params.size(); ++i) {
      params.data()[i] = uniform(random);
    }
    for (int64_t i = 0; i < kRows * mlp.inputs(); ++i) {
      x.push_back(3.0F * uniform(random));
    }
    const int64_t labels = loss == kCrossEntropy ? kRows : kRows * mlp.outputs();
    for (int64_t i = 0; i < labels; ++i) {
      y.push_back(loss == kCrossEntropy ? static_cast<float>(random() % 4) : 3.0F * uniform(random));
    }
  }

  // The loss's mean, and the gradients in the arena's layout.
  double run(const LossSpec& spec, uint32_t dropout_key, int threads, FloatBuffer& grads) const {
    return run(spec, dropout_key, threads, test::all_of(mlp), grads);
  }
  double run(const LossSpec& spec, uint32_t dropout_key, int threads, const Wanted& wanted, FloatBuffer& grads) const {
    MlpPass pass(mlp, kRows, true);
    std::copy(x.begin(), x.end(), pass.input());
    const int64_t label_width = static_cast<int64_t>(y.size()) / kRows;
    double sum = 0.0;
    for (int thread = 0; thread < threads; ++thread) {
      const Share own = share_rows(thread, threads);
      pass.forward(params.data(), own.begin, own.end, dropout_key);
      sum += pass.loss_and_backward(params.data(), spec, {}, nullptr, y.data() + own.begin * label_width, own.begin, own.end, kRows,
                                    dropout_key, wanted.lowest);
    }
    for (int thread = 0; thread < threads; ++thread) {
      pass.weight_gradients(kRows, wanted, thread, threads, grads.data());
    }
    return sum / static_cast<double>(kRows);
  }
  struct Share {
    int64_t begin;
    int64_t end;
  };
  static Share share_rows(int thread, int threads) {
    return {kRows * thread / threads, kRows * (thread + 1) / threads};
  }

  Mlp mlp;
  FloatBuffer params;
  std::vector<float> x;
  std::vector<float> y;
};

at::Tensor activate(Activation activation, const at::Tensor& z) {
  switch (activation) {
    case kRelu:
      return at::relu(z);
    case kTanh:
      return at::tanh(z);
    case kSigmoid:
      return at::sigmoid(z);
    case kGelu:
      return at::gelu(z);
    case kSilu:
      return at::silu(z);
  }
  return z;
}

class Gradient : public testing::TestWithParam<std::tuple<Activation, Loss, int>> {};

TEST_P(Gradient, EqualsAutograd) {
  const auto [activation, loss, threads] = GetParam();
  const LossSpec spec{loss, 0.8, loss == kCrossEntropy ? 4 : 2};
  const Problem p(activation, loss, 0.0);
  FloatBuffer grads(p.mlp.layout().extent());
  const double value = p.run(spec, 0, threads, grads);

  std::vector<at::Tensor> leaves;
  for (const Tensor& t : p.mlp.layout().tensors()) {
    leaves.push_back(at::from_blob(const_cast<float*>(p.params.data()) + t.offset, t.dims).to(at::kDouble));
    leaves.back().set_requires_grad(true);
  }
  at::Tensor a =
      at::from_blob(const_cast<float*>(p.x.data()), {kRows, p.mlp.inputs()}).to(at::kDouble);
  for (int64_t l = 0; l < p.mlp.layers(); ++l) {
    const auto i = static_cast<std::size_t>(2 * l);
    a = at::linear(a, leaves[i], leaves[i + 1]);
    a = l + 1 < p.mlp.layers() ? activate(activation, a) : a;
  }
  const at::Tensor y = at::from_blob(const_cast<float*>(p.y.data()), {static_cast<int64_t>(p.y.size())});
  at::Tensor expected;
  if (loss == kCrossEntropy) {
    expected = at::cross_entropy_loss(a, y.to(at::kLong));
  } else {
    const at::Tensor target = y.to(at::kDouble).view({kRows, p.mlp.outputs()});
    expected = loss == kMse   ? at::mse_loss(a, target)
               : loss == kMae ? at::l1_loss(a, target)
                              : at::huber_loss(a, target, at::Reduction::Mean, 0.8);
  }
  expected.backward();
  EXPECT_NEAR(value, expected.item<double>(), 1e-5 * expected.item<double>());
  for (std::size_t t = 0; t < leaves.size(); ++t) {
    const Tensor& tensor = p.mlp.layout().tensors()[t];
    const at::Tensor ours = at::from_blob(grads.data() + tensor.offset, tensor.dims).to(at::kDouble);
    const double difference = (ours - leaves[t].grad()).abs().max().item<double>();
    EXPECT_LT(difference, 2e-5 * leaves[t].grad().abs().max().item<double>() + 1e-9) << tensor.name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Gradient,
                         testing::Combine(testing::Values(kRelu, kTanh, kSigmoid, kGelu, kSilu),
                                          testing::Values(kMse, kMae, kHuber, kCrossEntropy), testing::Values(1, 3)));

// Of each layer alone, and of the biases alone: the same bits as with all the others, which are left as they were.
TEST(WantedGradients, OnlyWhatIsWantedIsComputed) {
  const Problem p(kSilu, kMse, 0.0);
  const LossSpec spec{kMse, 1.0, 0};
  FloatBuffer all(p.mlp.layout().extent());
  p.run(spec, 0, 2, all);
  const auto& tensors = p.mlp.layout().tensors();
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    BitMask trainable(p.mlp.layout());
    trainable.word(tensors[t].offset / kWordBits) = 1;
    const Wanted wanted(p.mlp, trainable);
    EXPECT_EQ(wanted.lowest, tensors[t].layer);
    FloatBuffer some(p.mlp.layout().extent());
    std::fill_n(some.data(), some.size(), 77.0F);
    p.run(spec, 0, 2, wanted, some);
    for (std::size_t u = 0; u < tensors.size(); ++u) {
      for (int64_t i = tensors[u].offset; i < tensors[u].offset + tensors[u].size; ++i) {
        ASSERT_EQ(some.data()[i], u == t ? all.data()[i] : 77.0F) << tensors[t].name << ' ' << tensors[u].name;
      }
    }
  }
  EXPECT_EQ(Wanted(p.mlp, BitMask(p.mlp.layout())).lowest, p.mlp.layers());
}

class DropoutGradient : public testing::TestWithParam<Activation> {};

TEST_P(DropoutGradient, EqualsFiniteDifferencesUnderOnePattern) {
  const LossSpec spec{kMse, 1.0, 1};
  Problem p(GetParam(), kMse, 0.4);
  FloatBuffer grads(p.mlp.layout().extent());
  FloatBuffer ignored(p.mlp.layout().extent());
  const uint32_t key = 12345;
  p.run(spec, key, 1, grads);
  double largest = 0.0;
  for (const Tensor& t : p.mlp.layout().tensors()) {
    for (int64_t i = t.offset; i < t.offset + t.size; i += 7) {
      largest = std::max(largest, std::fabs(static_cast<double>(grads.data()[i])));
    }
  }
  for (const Tensor& t : p.mlp.layout().tensors()) {
    for (int64_t i = t.offset; i < t.offset + t.size; i += 7) {
      const float kept = p.params.data()[i];
      const float h = 4e-3F;
      p.params.data()[i] = kept + h;
      const double up = p.run(spec, key, 1, ignored);
      p.params.data()[i] = kept - h;
      const double down = p.run(spec, key, 1, ignored);
      p.params.data()[i] = kept;
      EXPECT_NEAR(grads.data()[i], (up - down) / (2.0 * static_cast<double>(h)), 0.01 * largest) << t.name << i;
    }
  }
}

// ReLU has kinks that a finite difference can straddle; its dropout path is the one of the others.
INSTANTIATE_TEST_SUITE_P(Smooth, DropoutGradient, testing::Values(kTanh, kSigmoid, kGelu, kSilu));

TEST(DropoutPattern, KeepsItsRateAndTheMeanAndChangesWithTheKey) {
  const int64_t rows = 400;
  const int64_t width = 100;
  const std::vector<float> bias(width, 0.0F);
  const auto run = [&](uint32_t key, int64_t first, int64_t count) {
    std::vector<float> a(static_cast<std::size_t>(count * width), 1.0F);
    activate(kRelu, a.data(), bias.data(), count, width, a.data(), a.data(), Dropout{0.3F, key}, first);
    return a;
  };
  const std::vector<float> all = run(1, 0, rows);
  int64_t dropped = 0;
  double sum = 0.0;
  for (const float v : all) {
    dropped += v == 0.0F ? 1 : 0;
    sum += static_cast<double>(v);
  }
  const double n = static_cast<double>(rows * width);
  EXPECT_NEAR(static_cast<double>(dropped) / n, 0.3, 0.01);
  EXPECT_NEAR(sum / n, 1.0, 0.02);
  EXPECT_NE(all, run(2, 0, rows));
  // A thread that has only the later rows draws the same pattern for them.
  const std::vector<float> later = run(1, 150, 250);
  EXPECT_TRUE(std::equal(later.begin(), later.end(), all.begin() + 150 * width));
}

// Against what it is the mean of, by differences.
TEST(Fisher, IsTheMeanOfSquaredSlopes) {
  for (const bool classes : {false, true}) {
    for (const char* description : {"mlp sizes=3,4,3 activation=tanh", "cnn image=1,4,4 outputs=3 widths=2"}) {
      Network network(description);
      network.initialize(5);
      const int64_t inputs = network.inputs();
      std::vector<float> x(static_cast<std::size_t>(3 * inputs));
      for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = std::sin(1.0F + static_cast<float>(7 * i));
      }
      std::vector<float> params(static_cast<std::size_t>(network.parameter_count()));
      const auto count_of = [](const std::vector<float>& v) { return static_cast<int64_t>(v.size()); };
      network.get_parameters(params.data(), count_of(params));
      std::vector<float> found(params.size());
      network.fisher(x.data(), count_of(x), 3, classes, found.data(), count_of(found), 1);
      const auto said = [&](const std::vector<float>& at) {
        network.set_parameters(at.data(), count_of(at));
        std::vector<float> out(9);
        network.predict(x.data(), count_of(x), 3, out.data(), 9, 1);
        std::vector<double> values(out.begin(), out.end());
        for (std::size_t r = 0; classes && r < 3; ++r) {
          double sum = 0.0;
          for (std::size_t o = 0; o < 3; ++o) {
            sum += std::exp(values[3 * r + o]);
          }
          for (std::size_t o = 0; o < 3; ++o) {
            values[3 * r + o] -= std::log(sum);
          }
        }
        return values;
      };
      const std::vector<double> at = said(params);
      std::size_t i = 0;
      for (int64_t t = 0; t < network.tensor_count(); ++t) {
        int64_t size = 1;
        for (int64_t d = 0; d < network.tensor_rank(t); ++d) {
          size *= network.tensor_dim(t, d);
        }
        for (int64_t e = 0; e < size; ++e, ++i) {
          if ((network.tensor_roles(t) & kRoleStatistics) != 0) {
            EXPECT_EQ(found[i], 0.0F);
            continue;
          }
          constexpr float kStep = 1e-3F;
          std::vector<float> moved = params;
          moved[i] += kStep;
          const std::vector<double> above = said(moved);
          moved[i] = params[i] - kStep;
          const std::vector<double> below = said(moved);
          double expected = 0.0;
          for (std::size_t k = 0; k < 9; ++k) {
            const double slope = (above[k] - below[k]) / 2e-3;
            expected += (classes ? std::exp(at[k]) : 1.0) * slope * slope / 3.0;
          }
          EXPECT_NEAR(static_cast<double>(found[i]), expected, 2e-2 * std::max(0.05, expected)) << description << " " << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace pacnet
