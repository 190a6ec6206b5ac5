// Latent dynamics: against PyTorch in Python (tests/fixtures/make_latent_fixtures.py), the two ways that they are computed in against each other,
// gradients by finite differences.

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/team.h"
#include "fixture.h"
#include "nn/describe.h"
#include "nn/form_pass.h"
#include "nn/latent_net.h"
#include "nn/tensor_form.h"
#include "pacnet/pacnet.h"
#include "scopes.h"
#include "train/scope.h"
#include "wanted.h"

namespace pacnet {
namespace {

using namespace test;  // NOLINT: the helpers of this very file's subject

class LatentFixture : public testing::TestWithParam<const char*> {};

TEST_P(LatentFixture, PredictionsAndAnEpochAgreeWithPyTorch) { expect_predictions_and_an_epoch(Fixture(GetParam())); }

INSTANTIATE_TEST_SUITE_P(Cases, LatentFixture, testing::Values("latent_actions", "latent_alone", "latent_labels"),
                         [](const auto& instance) { return std::string(instance.param); });

// The follower is a statistic: it goes on in Allocate, and in Calibrate nothing of it moves.
TEST(Latent, PrunesAllocatesAndCalibratesWithWhatIsFrozenKeptBitForBit) { expect_frozen_bits(Fixture("latent_actions")); }

// Some rows of a network, drawn.
struct Example {
  explicit Example(const std::string& description, int64_t rows) : net(make_net(description)), params(net->layout().extent()) {
    latent = dynamic_cast<const LatentNet*>(net.get());
    net->initialize(params.data(), 5);
    // Not where the encoder is, or nothing would tell them apart.
    float* follower = params.data() + latent->follower().offset;
    for (int64_t i = 0; i < latent->follower().mlp.layout().extent(); ++i) {
      follower[i] = 0.3F * std::sin(1.7F * static_cast<float>(i));
    }
    for (int64_t i = 0; i < rows * net->inputs(); ++i) {
      x.push_back(std::sin(1.3F * static_cast<float>(i)));
    }
    for (int64_t i = 0; i < rows * net->outputs(); ++i) {
      y.push_back(std::cos(2.1F * static_cast<float>(i)));
    }
  }

  std::unique_ptr<Net> net;
  const LatentNet* latent;
  FloatBuffer params;
  std::vector<float> x;
  std::vector<float> y;
};

constexpr const char* kLarge = "latent states=3 labels=4 actions=2 steps=4 latent=6 hidden=8 activation=tanh consistency=2 follow=0";

at::Tensor rows_of(const std::vector<float>& values, int64_t rows) {
  return tensor_at(values.data(), {rows, count(values) / rows}, at::kCPU);
}

TEST(Latent, BothWaysHaveTheSameGradients) {
  constexpr int64_t kRows = 7;
  for (const auto& follow : std::vector<std::string>{"0", "0.25"}) {
    Example e(std::string(kLarge, std::string(kLarge).size() - 1) + follow, kRows);
    const Scope scope(e.net->layout());
    const LossSpec loss{kMse, 1.0, 0};
    FloatBuffer params(e.params.size());
    FloatBuffer before(e.params.size());
    std::copy_n(e.params.data(), e.params.size(), params.data());
    std::copy_n(e.params.data(), e.params.size(), before.data());
    FormPass form(*e.net, params.data(), scope.trainable, loss, scope.terms, nullptr, at::kCPU, false);
    FloatBuffer by_tensors(e.params.size());
    const double told = form.gradients(rows_of(e.x, kRows), rows_of(e.y, kRows), by_tensors.data()).item<double>();

    Team team(2);
    FloatBuffer grads(e.params.size());
    const auto training = e.net->training({e.params.data(), scope.trainable, loss, scope.terms, kRows, 1, team});
    const LoadRows load = [&](int64_t begin, int64_t end, float* x, float* y) {
      std::copy_n(e.x.data() + begin * e.net->inputs(), (end - begin) * e.net->inputs(), x + begin * e.net->inputs());
      std::copy_n(e.y.data() + begin * e.net->outputs(), (end - begin) * e.net->outputs(), y + begin * e.net->outputs());
    };
    EXPECT_NEAR(training->gradients(load, kRows, 0, grads.data()) / kRows, told, 1e-5 * told);
    bool moved = false;
    for (const Tensor& tensor : e.net->layout().tensors()) {
      for (int64_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
        if (tensor.is(kRoleStatistics)) {
          EXPECT_NEAR(e.params.data()[i], params.data()[i], 1e-6F) << tensor.name;
          moved |= e.params.data()[i] != before.data()[i];
        } else {
          EXPECT_NEAR(grads.data()[i], by_tensors.data()[i], 2e-5F) << tensor.name;
        }
      }
    }
    EXPECT_EQ(moved, follow != "0");
    EXPECT_NEAR(training->loss(load, kRows), form.loss(rows_of(e.x, kRows), rows_of(e.y, kRows)).item<double>() * kRows, 1e-4);
  }
}

class LatentGradient : public testing::TestWithParam<const char*> {};

TEST_P(LatentGradient, EqualsFiniteDifferences) {
  constexpr int64_t kRows = 3;
  Example e(GetParam(), kRows);
  const LatentNet& net = *e.latent;
  LatentPass pass(net, kRows, true);
  std::copy(e.x.begin(), e.x.end(), pass.input());
  FloatBuffer grads(e.params.size());
  const auto forward = [&] { pass.forward(e.params.data(), kRows); };
  forward();
  pass.gradients(e.params.data(), e.y.data(), 1.0F, all_of(net.encoder().mlp), all_of(net.step().mlp), all_of(net.head().mlp), grads.data());
  const auto value = [&] {
    forward();
    double sum = pass.loss(e.y.data());
    if (net.consistency() > 0.0) {
      // By its definition, on tensors.
      FormTensors tensors = views_of(net.layout(), e.params.data(), at::kCPU);
      FormBeside beside;
      beside.labels = rows_of(e.y, kRows);
      tensors.beside = &beside;
      net.run(tensors, rows_of(e.x, kRows));
      sum += beside.penalty.item<double>() * kRows;
    }
    return sum;
  };
  for (const LatentNet::Part* part : {&net.encoder(), &net.step(), &net.head()}) {
    expect_finite_differences(part->mlp.layout(), e.params.data() + part->offset, grads.data() + part->offset, value, 5e-3);
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, LatentGradient,
                         testing::Values(kLarge, "latent states=2 steps=1 latent=3 consistency=0", "latent states=2 steps=3 latent=4 hidden=6 discount=0.5"),
                         [](const auto& instance) { return "case" + std::to_string(instance.index); });

TEST(Latent, BeginsWithItsFollowerAtTheEncoder) {
  Network network("latent states=3 latent=4 hidden=5");
  network.initialize(3);
  const std::vector<float> parameters = parameters_of(network);
  const std::size_t encoder = 3 * 5 + 5 + 5 * 4 + 4;
  for (std::size_t i = 0; i < encoder; ++i) {
    EXPECT_EQ(parameters[i], parameters[encoder + i]);
  }
  for (int64_t t = 0; t < network.tensor_count(); ++t) {
    const std::string name = network.tensor_name(t);
    const int roles = network.tensor_roles(t);
    EXPECT_EQ((roles & kRoleStatistics) != 0, name.starts_with("follower.")) << name;
    EXPECT_EQ((roles & kRoleHead) != 0, name.starts_with("head.layers.2")) << name;
    EXPECT_EQ((roles & kRolePrunable) != 0, name.ends_with(".weight") && !name.starts_with("follower.")) << name;
  }
}

// More steps at once are the same steps.
TEST(Latent, GoesOnAsItBegan) {
  const std::string common = "latent states=2 labels=3 actions=1 latent=4 hidden=6 steps=";
  Network whole((common + "7").c_str());
  Network part((common + "3").c_str());
  whole.initialize(2);
  set_parameters(part, parameters_of(whole));
  constexpr int64_t kRows = 300;  // more than one piece
  std::vector<float> x;
  std::vector<float> start;
  for (int64_t r = 0; r < kRows; ++r) {
    std::vector<float> row(2 + 1 + 7 + 7);
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = std::sin(static_cast<float>(r) + 1.3F * static_cast<float>(i));
    }
    x.insert(x.end(), row.begin(), row.end());
    start.insert(start.end(), row.begin(), row.begin() + 6);
    start.insert(start.end(), row.begin() + 10, row.begin() + 13);
  }
  std::vector<float> out(kRows * 21);
  std::vector<float> first(kRows * 9);
  whole.predict(x.data(), count(x), kRows, out.data(), count(out), 2);
  part.predict(start.data(), count(start), kRows, first.data(), count(first), 1);
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t i = 0; i < 9; ++i) {
      EXPECT_NEAR(out[r * 21 + i], first[r * 9 + i], 1e-5F);
    }
  }
}

TEST(Latent, RefusesWhatIsNoNetwork) {
  for (const char* description :
       {"latent states=0", "latent states=3 labels=2", "latent states=2 latent=0", "latent states=2 steps=0", "latent states=2 discount=0",
        "latent states=2 follow=2", "latent states=2 consistency=-1", "latent states=2 actions=-1", "ode states=2 actions=-1", "latent states=2 hidden=0"}) {
    EXPECT_THROW(Network{description}, std::exception) << description;
    EXPECT_EQ(last_error_kind(), kErrorInvalidArgument);
  }
  Network network("latent states=1 latent=2");
  network.initialize(1);
  FitOptions options;
  options.loss = kMae;
  const std::vector<float> x(6, 0.5F);
  const std::vector<float> y(2, 0.5F);
  EXPECT_THROW(fit(network, options, PhaseScope(network), x, y), std::exception);
}

}  // namespace
}  // namespace pacnet
