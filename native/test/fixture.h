// Reads what PyTorch in Python wrote: the formats are in tests/fixtures/make_fixtures.py and make_image_fixtures.py.
// PACNET_FIXTURES is their folder.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "core/arena.h"
#include "pacnet/pacnet.h"
#include "scopes.h"

namespace pacnet::test {

inline std::vector<uint8_t> bytes_of(const std::string& file) {
  std::ifstream data(std::string(PACNET_FIXTURES) + "/" + file, std::ios::binary);
  EXPECT_TRUE(data.good()) << file;
  return {std::istreambuf_iterator<char>(data), {}};
}

inline std::unique_ptr<ScriptModule> read_module(const std::string& file) {
  const std::vector<uint8_t> bytes = bytes_of(file);
  return std::make_unique<ScriptModule>(bytes.data(), static_cast<int64_t>(bytes.size()));
}

// One case: keys with their values, and float tensors.
class Fixture {
 public:
  explicit Fixture(const std::string& name) {
    const std::string folder = std::string(PACNET_FIXTURES) + "/" + name + "/";
    if (std::ifstream(folder + "module.pt").good()) {
      module_ = read_module(name + "/module.pt");
    }
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

  std::unique_ptr<Network> network() const {
    const std::string& description = values_.at("network");
    return module_ ? std::make_unique<Network>(description.c_str(), *module_) : std::make_unique<Network>(description.c_str());
  }
  const ScriptModule& module() const { return *module_; }
  const std::string& text(const std::string& key) const { return values_.at(key); }
  double number(const std::string& key) const { return std::stod(values_.at(key)); }
  bool has(const std::string& key) const { return values_.count(key) > 0; }
  const std::vector<float>& tensor(const std::string& name) const { return tensors_.at(name); }
  bool has_tensor(const std::string& name) const { return tensors_.count(name) > 0; }
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
  std::unique_ptr<ScriptModule> module_;
};

inline int index_of(const std::string& word, const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == word) {
      return static_cast<int>(i);
    }
  }
  ADD_FAILURE() << "unknown word " << word;
  return 0;
}

inline FitOptions options_of(const Fixture& f) {
  FitOptions o;
  o.loss = index_of(f.text("loss"), {"mse", "mae", "huber", "cross_entropy"});
  o.huber_delta = f.number("huber_delta");
  o.optimizer = index_of(f.text("optimizer"), {"adam", "adamw", "sgd"});
  o.learning_rate = f.number("learning_rate");
  o.momentum = f.number("momentum");
  o.weight_decay = f.number("weight_decay");
  o.epsilon = f.number("epsilon");
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

inline void set_parameters(Network& network, const std::vector<float>& values) {
  network.set_parameters(values.data(), count(values));
}

// The loss of the last epoch.
inline double fit(Network& network, const FitOptions& options, const FitScope& scope, const std::vector<float>& x,
                  const std::vector<float>& y) {
  class LastLoss : public FitListener {
   public:
    bool on_epoch(int64_t, double train_loss, double) override {
      loss = train_loss;
      return true;
    }
    double loss = 0.0;
  };
  LastLoss listener;
  network.fit(options, scope, x.data(), count(x), y.data(), count(y), count(x) / network.inputs(), &listener);
  return listener.loss;
}

// One value a parameter, 1 where kept.
inline std::vector<float> mask_of(const Network& network) {
  std::vector<float> values;
  for (int64_t t = 0; t < network.tensor_count(); ++t) {
    const std::vector<uint8_t> bits = mask_bits(network, t);
    for (int64_t i = 0; i < size_of(network, t); ++i) {
      values.push_back(static_cast<float>((bits[static_cast<std::size_t>(i / 8)] >> (i % 8)) & 1));
    }
  }
  return values;
}

inline std::vector<float> parameters_of(const Network& network) {
  std::vector<float> values(static_cast<std::size_t>(network.parameter_count()));
  network.get_parameters(values.data(), network.parameter_count());
  return values;
}

inline double relative_difference(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double difference = 0.0;
  double size = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = std::max(difference, std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    size = std::max(size, std::fabs(static_cast<double>(b[i])));
  }
  return difference / size;
}

/// Prune, Allocate and Calibrate of a case: pruned positions are +0.0 in the base, and what is kept stays as it was.
inline void expect_frozen_bits(const Fixture& f) {
  Network network(f.text("network").c_str());
  set_parameters(network, f.tensor("initial"));
  std::vector<char> prunable;
  for (int64_t t = 0; t < network.tensor_count(); ++t) {
    prunable.push_back((network.tensor_roles(t) & kRolePrunable) != 0);
  }
  network.prune(0.8, kPruneGlobal, 0, reinterpret_cast<const bool*>(prunable.data()), network.tensor_count(), 1);
  const std::vector<float> mask = mask_of(network);
  FitOptions options = options_of(f);
  fit(network, options, PhaseScope(network, Train::kKept), f.tensor("x"), f.tensor("y"));
  const std::vector<float> base = parameters_of(network);
  fit(network, options, PhaseScope(network, Train::kPruned, 0.01), f.tensor("x"), f.tensor("y"));
  const std::vector<float> calibrated = parameters_of(network);
  int64_t moved = 0;
  std::size_t i = 0;
  for (int64_t t = 0; t < network.tensor_count(); ++t) {
    for (int64_t e = 0; e < size_of(network, t); ++e, ++i) {
      const bool kept = prunable[static_cast<std::size_t>(t)] == 0 || mask[i] != 0.0F;
      EXPECT_TRUE(!kept || base[i] == calibrated[i]) << i;
      EXPECT_TRUE(kept || base[i] == 0.0F) << i;
      moved += base[i] != calibrated[i] ? 1 : 0;
    }
  }
  EXPECT_GT(moved, 0);
}

/// Predictions of a case, and an epoch from its start, with one thread and several.
inline void expect_predictions_and_an_epoch(const Fixture& f) {
  for (const int threads : {1, 2, 4}) {
    Network network(f.text("network").c_str());
    set_parameters(network, f.tensor("initial"));
    const std::vector<float>& x = f.tensor("x");
    std::vector<float> predictions(f.tensor("predictions").size());
    network.predict(x.data(), count(x), count(x) / network.inputs(), predictions.data(), count(predictions), threads);
    EXPECT_LT(relative_difference(predictions, f.tensor("predictions")), 1e-5);
    FitOptions options = options_of(f);
    options.threads = threads;
    const double loss = fit(network, options, PhaseScope(network), x, f.tensor("y"));
    EXPECT_NEAR(loss, f.number("trained_loss"), 1e-4 * f.number("trained_loss"));
    EXPECT_LT(relative_difference(parameters_of(network), f.tensor("trained")), 1e-4);
  }
}

/// grads of value() at params, of which it is a function, against central differences.
template <typename Value>
void expect_finite_differences(const Layout& layout, float* params, const float* grads, const Value& value,
                               double tolerance) {
  for (const Tensor& tensor : layout.tensors()) {
    for (int64_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
      const float at = params[i];
      constexpr float kStep = 1e-2F;
      params[i] = at + kStep;
      const double above = value();
      params[i] = at - kStep;
      const double below = value();
      params[i] = at;
      const double slope = (above - below) / (2.0 * static_cast<double>(kStep));
      EXPECT_NEAR(static_cast<double>(grads[i]), slope, tolerance * std::max(0.3, std::fabs(slope))) << tensor.name;
    }
  }
}

}  // namespace pacnet::test
