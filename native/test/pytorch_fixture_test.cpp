// The public API against PyTorch in Python: tests/fixtures/make_fixtures.py wrote what torch.optim and autograd make of
// the same weights and batches. PACNET_FIXTURES is that folder.

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "pacnet/pacnet.h"
#include "scopes.h"

namespace pacnet {
namespace {

using test::PhaseScope;
using test::Train;

constexpr double kTolerance = 1e-5;

// One case: keys with their values, and float tensors.
class Fixture {
 public:
  explicit Fixture(const std::string& name) {
    const std::string folder = std::string(PACNET_FIXTURES) + "/" + name + "/";
    std::ifstream manifest(folder + "fixture.txt");
    std::ifstream data(folder + "data.bin", std::ios::binary);
    EXPECT_TRUE(manifest.good() && data.good()) << folder;
    for (std::string line; std::getline(manifest, line);) {
      std::istringstream words(line);
      std::string key;
      words >> key;
      if (key != "tensor") {
        std::getline(words >> std::ws, values_[key]);
        continue;
      }
      std::string tensor;
      int rank = 0;
      words >> tensor >> rank;
      std::size_t size = 1;
      for (int d = 0; d < rank; ++d) {
        std::size_t dim = 0;
        words >> dim;
        size *= dim;
      }
      std::streamoff offset = 0;
      words >> offset;
      std::vector<float> floats(size);
      data.seekg(offset);
      data.read(reinterpret_cast<char*>(floats.data()), static_cast<std::streamsize>(size * sizeof(float)));
      EXPECT_TRUE(data.good()) << folder << tensor;
      tensors_[tensor] = std::move(floats);
    }
  }

  const std::string& text(const std::string& key) const { return values_.at(key); }
  double number(const std::string& key) const { return std::stod(values_.at(key)); }
  const std::vector<float>& tensor(const std::string& name) const { return tensors_.at(name); }
  // The network of a fixture; its sizes are a count and as many numbers, "4 6 16 12 1".
  std::string perceptron(const std::string& settings = "") const {
    std::istringstream words(values_.at("sizes"));
    std::string size;
    words >> size;
    std::string list;
    while (words >> size) {
      list += (list.empty() ? "" : ",") + size;
    }
    return "mlp sizes=" + list + settings;
  }

 private:
  std::map<std::string, std::string> values_;
  std::map<std::string, std::vector<float>> tensors_;
};

int index_of(const std::string& word, const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == word) {
      return static_cast<int>(i);
    }
  }
  ADD_FAILURE() << "unknown word " << word;
  return 0;
}

FitOptions options_of(const Fixture& f) {
  FitOptions o;
  o.loss = index_of(f.text("loss"), {"mse", "mae", "huber", "cross_entropy"});
  o.huber_delta = f.number("huber_delta");
  o.optimizer = index_of(f.text("optimizer"), {"adam", "adamw", "sgd"});
  o.learning_rate = f.number("learning_rate");
  o.momentum = f.number("momentum");
  o.weight_decay = f.number("weight_decay");
  o.schedule = index_of(f.text("schedule"), {"constant", "cosine", "linear"});
  o.batch_size = static_cast<int64_t>(f.number("batch_size"));
  o.epochs = static_cast<int64_t>(f.number("epochs"));
  o.shuffle = false;
  return o;
}

template <typename T>
int64_t count(const std::vector<T>& values) {
  return static_cast<int64_t>(values.size());
}

void set_parameters(Network& network, const std::vector<float>& values) {
  network.set_parameters(values.data(), count(values));
}

// The loss of the last epoch.
double fit(Network& network, const FitOptions& options, const FitScope& scope, const std::vector<float>& x, const std::vector<float>& y) {
  class LastLoss : public FitListener {
   public:
    bool on_epoch(int64_t, double train_loss, double) override {
      loss = train_loss;
      return true;
    }
    double loss = 0.0;
  };
  LastLoss listener;
  network.fit(options, scope, x.data(), count(x), y.data(), count(y), 800, &listener);
  return listener.loss;
}

// One value a parameter, 1 where kept.
std::vector<float> mask_of(const Network& network) {
  std::vector<float> values;
  for (int64_t t = 0; t < network.tensor_count(); ++t) {
    const std::vector<uint8_t> bits = test::mask_bits(network, t);
    for (int64_t i = 0; i < test::size_of(network, t); ++i) {
      values.push_back(static_cast<float>((bits[static_cast<std::size_t>(i / 8)] >> (i % 8)) & 1));
    }
  }
  return values;
}

std::vector<float> parameters_of(const Network& network) {
  std::vector<float> values(static_cast<std::size_t>(network.parameter_count()));
  network.get_parameters(values.data(), network.parameter_count());
  return values;
}

struct Case {
  explicit Case(const Fixture& f)
      : network(f.perceptron(" activation=" + f.text("activation")).c_str()) {}

  Network network;
};

double relative_difference(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double difference = 0.0;
  double size = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = std::max(difference, std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    size = std::max(size, std::fabs(static_cast<double>(b[i])));
  }
  return difference / size;
}

class TrainFixture : public testing::TestWithParam<const char*> {};

TEST_P(TrainFixture, PruneAllocateAndCalibrateAgreeWithPyTorch) {
  const Fixture f(GetParam());
  Case c(f);
  set_parameters(c.network, f.tensor("initial"));
  bool flags[6];
  ASSERT_EQ(c.network.tensor_count(), 6);
  for (int64_t t = 0; t < 6; ++t) {
    flags[t] = c.network.tensor_rank(t) >= 2;
  }
  EXPECT_EQ(c.network.prune(f.number("ratio"), kPrunePlain, flags, 6), static_cast<int64_t>(f.number("kept")));
  const std::vector<float>& mask = f.tensor("mask");
  EXPECT_EQ(mask_of(c.network), mask);
  EXPECT_EQ(parameters_of(c.network), f.tensor("pruned"));

  const FitOptions o = options_of(f);
  const PhaseScope allocate(c.network, Train::kKept);
  double loss = fit(c.network, o, allocate, f.tensor("x_source"), f.tensor("y_source"));
  EXPECT_NEAR(loss, f.number("allocate_loss"), kTolerance * f.number("allocate_loss"));
  const std::vector<float> allocated = parameters_of(c.network);
  EXPECT_LT(relative_difference(allocated, f.tensor("allocated")), kTolerance);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == 0.0F) {
      EXPECT_EQ(std::bit_cast<uint32_t>(allocated[i]), 0U) << i;
    }
  }

  set_parameters(c.network, f.tensor("allocated"));
  const PhaseScope calibrate(c.network, Train::kPruned, f.number("l2"));
  loss = fit(c.network, o, calibrate, f.tensor("x_target"), f.tensor("y_target"));
  EXPECT_NEAR(loss, f.number("calibrate_loss"), kTolerance * f.number("calibrate_loss"));
  const std::vector<float> calibrated = parameters_of(c.network);
  EXPECT_LT(relative_difference(calibrated, f.tensor("calibrated")), kTolerance);
  std::size_t moved = 0;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == 1.0F) {
      EXPECT_EQ(std::bit_cast<uint32_t>(calibrated[i]), std::bit_cast<uint32_t>(f.tensor("allocated")[i])) << i;
    } else {
      moved += calibrated[i] != 0.0F ? 1 : 0;
    }
  }
  EXPECT_GT(moved, 100U);  // dead ReLU units leave some where they are

  std::vector<float> predictions(f.tensor("predictions").size());
  c.network.predict(f.tensor("x_target").data(), count(f.tensor("x_target")), 800, predictions.data(),
                    count(predictions), 2);
  EXPECT_LT(relative_difference(predictions, f.tensor("predictions")), kTolerance);
}

INSTANTIATE_TEST_SUITE_P(Cases, TrainFixture,
                         testing::Values("train_mse_relu_adam", "train_huber_tanh_adamw", "train_mae_sigmoid_sgd",
                                         "train_cross_entropy_gelu_adam_cosine", "train_mse_silu_adam_linear"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(L2spFixture, FiftyStepsAgreeWithPyTorch) {
  const Fixture f("l2sp_mse_tanh_adam");
  Case c(f);
  set_parameters(c.network, f.tensor("initial"));
  PhaseScope toward_the_start(c.network, Train::kAll, f.number("l2"));
  toward_the_start.scope.set_anchor(f.tensor("initial").data(), count(f.tensor("initial")));
  const double loss = fit(c.network, options_of(f), toward_the_start, f.tensor("x_target"), f.tensor("y_target"));
  EXPECT_NEAR(loss, f.number("trained_loss"), kTolerance * f.number("trained_loss"));
  EXPECT_LT(relative_difference(parameters_of(c.network), f.tensor("trained")), kTolerance);
}

class PruneFixture : public testing::TestWithParam<const char*> {};

TEST_P(PruneFixture, MasksAreExactlyPyTorchs) {
  const Fixture f(GetParam());
  const auto runs = static_cast<int>(f.number("runs"));
  ASSERT_GT(runs, 0);
  for (int run = 0; run < runs; ++run) {
    const std::string name = "run" + std::to_string(run) + ".";
    Network network(f.perceptron().c_str());
    set_parameters(network, f.tensor("parameters"));
    const std::vector<float>& flags = f.tensor(name + "prunable");
    const auto prunable = std::make_unique<bool[]>(flags.size());
    for (std::size_t t = 0; t < flags.size(); ++t) {
      prunable[t] = flags[t] != 0.0F;
    }
    const PruningRule rule = f.number(name + "per_layer") != 0.0 ? kPrunePerLayer : kPrunePlain;
    const int64_t kept = network.prune(f.number(name + "ratio"), rule, prunable.get(), count(flags));
    EXPECT_EQ(kept, static_cast<int64_t>(f.number(name + "kept"))) << name;
    const std::vector<float> mask = mask_of(network);
    const std::vector<float> parameters = parameters_of(network);
    EXPECT_EQ(mask, f.tensor(name + "mask")) << name;
    for (std::size_t i = 0; i < mask.size(); ++i) {
      const float expected = mask[i] == 1.0F ? f.tensor("parameters")[i] : 0.0F;
      EXPECT_EQ(std::bit_cast<uint32_t>(parameters[i]), std::bit_cast<uint32_t>(expected)) << name << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, PruneFixture,
                         testing::Values("prune_all_equal", "prune_denormals", "prune_large", "prune_neighbours",
                                         "prune_ties", "prune_zeros"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace pacnet
