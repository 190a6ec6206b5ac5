// Modules of a user's own: what is taken and what is not, their weights, heads and draws.

#include <gtest/gtest.h>

#include <ATen/Context.h>
#include <ATen/ops/rand.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fixture.h"
#include "pacnet/pacnet.h"
#include "scopes.h"

namespace pacnet {
namespace {

using namespace test;  // NOLINT: the helpers of this very file's subject

void expect_refused(const std::function<void()>& what, const std::string& words) {
  try {
    what();
    ADD_FAILURE() << "taken, where it should say: " << words;
  } catch (const std::exception& e) {
    EXPECT_EQ(last_error_kind(), kErrorInvalidArgument) << e.what();
    EXPECT_NE(std::string(e.what()).find(words), std::string::npos) << e.what();
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos) << e.what();
  }
}

TEST(ScriptModules, ComeWithTheirWeightsAndLeaveThem) {
  for (const char* name : {"script_table", "script_cnn", "script_transformer", "script_traced"}) {
    const Fixture f(name);
    const std::unique_ptr<Network> network = f.network();
    network->take_weights(1);
    EXPECT_EQ(parameters_of(*network), f.tensor("initial")) << name;
    EXPECT_TRUE(f.module().has_weights());
    EXPECT_EQ(f.module().parameter_count(), network->parameter_count());
    // What a model keeps: the code, a fraction of the file, which predicts the same once it has the weights.
    std::vector<uint8_t> code(static_cast<std::size_t>(f.module().code_size()));
    f.module().get_code(code.data(), count(code));
    const ScriptModule again(code.data(), count(code));
    EXPECT_FALSE(again.has_weights());
    const Fixture twice(name);  // the same file, the same code
    std::vector<uint8_t> same(static_cast<std::size_t>(twice.module().code_size()));
    twice.module().get_code(same.data(), count(same));
    EXPECT_EQ(same, code) << name;
    EXPECT_EQ(again.code_size(), f.module().code_size());
    Network other(f.text("network").c_str(), again);
    EXPECT_EQ(other.parameter_count(), network->parameter_count());
    expect_refused([&] { other.take_weights(1); }, "without its weights");
    set_parameters(other, f.tensor("initial"));
    const std::vector<float>& x = f.tensor("x_source");
    std::vector<float> out(f.tensor("predictions").size());
    other.predict(x.data(), count(x), count(x) / other.inputs(), out.data(), count(out), 1);
    EXPECT_LT(relative_difference(out, f.tensor("predictions")), 1e-5) << name;
  }
}

// PyTorch's names, each tensor once; what the module shares, one matrix here, is one place.
TEST(ScriptModules, SharedMatricesShareAPlace) {
  const Fixture f("script_table");
  const std::unique_ptr<Network> network = f.network();
  std::string names;
  for (int64_t t = 0; t < network->tensor_count(); ++t) {
    names.append(network->tensor_name(t)).append(":").append(std::to_string(network->tensor_roles(t))).append(" ");
  }
  EXPECT_EQ(names,
            "scale:0 enter.weight:1 enter.bias:0 bn.weight:4 bn.bias:4 bn.running_mean:8 bn.running_var:8 norm.weight:4 norm.bias:4 "
            "one.weight:1 one.bias:0 two.bias:0 head.weight:3 head.bias:2 ");
  EXPECT_EQ(network->tensor_rank(0), 0);
}

TEST(ScriptModules, AHeadHasAsManyOutputsAsTheTask) {
  const Fixture f("script_cnn");
  Network wide("torchscript image=2,8,9 outputs=7 head=fc", f.module());
  wide.take_weights(3);
  EXPECT_EQ(wide.outputs(), 7);
  const std::vector<float> all = parameters_of(wide);
  const std::vector<float>& given = f.tensor("initial");
  const std::size_t common = given.size() - 3 * 9;
  EXPECT_TRUE(std::equal(given.begin(), given.begin() + static_cast<std::ptrdiff_t>(common), all.begin()));
  for (std::size_t i = common; i < all.size(); ++i) {
    EXPECT_LE(std::fabs(all[i]), 1.0F / std::sqrt(8.0F));  // as torch.nn.Linear
    EXPECT_NE(all[i], 0.0F);
  }
  std::vector<float> out(7 * 8);
  const std::vector<float> x(f.tensor("x_source").begin(), f.tensor("x_source").begin() + 8 * 144);
  wide.predict(x.data(), count(x), 8, out.data(), count(out), 1);
  // Drawn by the seed, and its own at another.
  Network other("torchscript image=2,8,9 outputs=7 head=fc", f.module());
  other.take_weights(4);
  EXPECT_NE(parameters_of(other), all);
  other.take_weights(3);
  EXPECT_EQ(parameters_of(other), all);

  expect_refused([&] { Network n("torchscript image=2,8,9 outputs=7", f.module()); }, "name it as the head");
  expect_refused([&] { Network n("torchscript image=2,8,9 outputs=3 head=classifier", f.module()); }, "the module's last are fc, blocks.1.conv");
  expect_refused([&] { Network n("torchscript image=2,8,9 outputs=7 head=blocks.0.conv", f.module()); }, "fails on a batch of 3 rows");
  expect_refused([&] { Network n("torchscript image=3,8,9 outputs=3 head=fc", f.module()); }, "fails on a batch of 3 rows");
  expect_refused([&] { Network n("torchscript inputs=12 outputs=3 head=fc", f.module()); }, "fails on a batch of 3 rows");
  expect_refused([&] { Network n("torchscript outputs=3 head=fc", f.module()); }, "needs image=");
  expect_refused([&] { Network n("torchscript inputs=4 outputs=2"); }, "needs its module");
}

TEST(ScriptModules, ThatCannotBeTakenAreRefusedInOneLine) {
  const auto read = [](const std::string& name) { return [name] { read_module("refused_modules/" + name + ".pt"); }; };
  expect_refused(read("ReadsAFile"), "aten::from_file");
  expect_refused(read("Assigns"), "assigns to its attribute seen");
  expect_refused(read("Prints"), "prim::Print");
  expect_refused(read("TakesTwo"), "must take one tensor");
  expect_refused(read("GivesTwo"), "must give one tensor");
  expect_refused(read("WakesUp"), "__setstate__");
  expect_refused(read("Frozen"), "no parameters");
  expect_refused(read("WeightsAlone"), "no code");
  const auto network = [](const std::string& name) {
    return [name] { Network n("torchscript inputs=4 outputs=2 head=fc", *read_module("refused_modules/" + name + ".pt")); };
  };
  expect_refused(network("Writes"), "writes to its tensor seen");
  expect_refused(network("OfOneBatch"), "fails on a batch of 1 rows");
  expect_refused(network("Flat"), "where 3x2 are needed");
  const std::vector<uint8_t> whole = bytes_of("script_table/module.pt");
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, whole.size() / 3, whole.size() - 40, whole.size() - 1}) {
    expect_refused([&] { ScriptModule m(whole.data(), static_cast<int64_t>(length)); }, "can't be read");
  }
}

TEST(ScriptModules, DoublesBecomeFloatsAndAreSaid) {
  EXPECT_STREQ(read_module("script_drops.pt")->notes(), "parameters of kind Double were converted to Float");
  EXPECT_STREQ(Fixture("script_cnn").module().notes(), "");
}

// What a module draws comes from the seed alone, however many train; and who draws afterwards is not disturbed.
TEST(ScriptModules, DrawByTheSeed) {
  const std::unique_ptr<ScriptModule> module = read_module("script_drops.pt");
  std::vector<float> x;
  std::vector<float> y;
  for (int i = 0; i < 64; ++i) {
    for (int k = 0; k < 4; ++k) {
      x.push_back(std::sin(static_cast<float>(i * 4 + k)));
    }
    y.insert(y.end(), {x[static_cast<std::size_t>(4 * i)], x[static_cast<std::size_t>(4 * i + 1)]});
  }
  const auto train = [&](uint64_t seed) {
    Network network("torchscript inputs=4 outputs=2 head=layers.3", *module);
    network.take_weights(1);
    FitOptions options;
    options.seed = seed;
    options.epochs = 10;
    options.batch_size = 16;
    test::fit(network, options, PhaseScope(network), x, y);
    return parameters_of(network);
  };
  const std::vector<float> alone = train(1);
  EXPECT_NE(train(2), alone);
  std::vector<float> beside;
  std::thread second([&] { beside = train(1); });
  EXPECT_EQ(train(1), alone);
  second.join();
  EXPECT_EQ(beside, alone);
  at::manual_seed(5);
  const float next = at::rand({1}).item<float>();
  at::manual_seed(5);
  train(1);
  EXPECT_EQ(at::rand({1}).item<float>(), next);
}

// One row has no variance.
TEST(ScriptModules, ALastBatchOfOneRowIsNormalisedByWhatRan) {
  const Fixture f("script_table");
  const std::unique_ptr<Network> network = f.network();
  network->take_weights(1);
  FitOptions options;
  options.batch_size = 4;
  const std::vector<float> x(f.tensor("x_source").begin(), f.tensor("x_source").begin() + 5 * 5);
  const std::vector<float> y(f.tensor("y_source").begin(), f.tensor("y_source").begin() + 5 * 2);
  EXPECT_TRUE(std::isfinite(test::fit(*network, options, PhaseScope(*network), x, y)));
  for (const float value : parameters_of(*network)) {
    ASSERT_TRUE(std::isfinite(value));
  }
}

TEST(ScriptModules, WhatAsksForFeaturesIsRefused) {
  const Fixture f("script_cnn");
  const std::unique_ptr<Network> network = f.network();
  network->take_weights(1);
  PhaseScope all(*network);
  all.scope.set_stochastic_normalisation(0.5);
  FitOptions options;
  options.loss = kCrossEntropy;
  expect_refused([&] { test::fit(*network, options, all, f.tensor("x_source"), f.tensor("y_source")); }, "take another method");
}

// What leaves as TorchScript says what the network says; and can come back.
TEST(ScriptModules, NetworksLeaveAsTorchScript) {
  const std::string file = testing::TempDir() + "pacnet_script_test.pt";
  const Fixture table("script_table");
  const Fixture transformer("script_transformer");
  const auto expect_same = [&](Network& network, int64_t channels, const std::string& row) {
    std::vector<float> x(static_cast<std::size_t>(network.inputs() * 6));
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<float>((i * 7919) % 256);
    }
    const std::vector<float> shift(static_cast<std::size_t>(channels), 120.0F);
    const std::vector<float> scale(static_cast<std::size_t>(channels), 60.0F);
    const std::vector<float> unit(static_cast<std::size_t>(network.outputs()), 3.0F);
    const std::vector<float> offset(static_cast<std::size_t>(network.outputs()), -7.0F);
    std::vector<float> standardised = x;
    for (float& value : standardised) {
      value = (value - 120.0F) / 60.0F;
    }
    std::vector<float> expected(static_cast<std::size_t>(network.outputs() * 6));
    network.predict(standardised.data(), count(standardised), 6, expected.data(), count(expected), 1);
    for (const bool numbers : {true, false}) {
      network.save_script(file.c_str(), shift.data(), scale.data(), channels, unit.data(), offset.data(), numbers ? network.outputs() : 0,
                          "{\"says\": \"what\"}");
      std::ifstream data(file, std::ios::binary);
      const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(data), {}};
      const ScriptModule module(bytes.data(), count(bytes));
      // Ready for the head of a Network, whose names have "network." in front.
      Network again(("torchscript " + row + " outputs=" + std::to_string(network.outputs())).c_str(), module);
      again.take_weights(0);
      std::vector<float> out(expected.size());
      again.predict(x.data(), count(x), 6, out.data(), count(out), 1);
      for (std::size_t r = 0; r < 6; ++r) {
        const auto width = static_cast<std::size_t>(network.outputs());
        double sum = 0.0;
        for (std::size_t o = 0; o < width; ++o) {
          sum += std::exp(static_cast<double>(expected[r * width + o]));
        }
        for (std::size_t o = 0; o < width; ++o) {
          const double said = static_cast<double>(expected[r * width + o]);
          EXPECT_NEAR(out[r * width + o], numbers ? 3.0 * said - 7.0 : std::exp(said) / sum, 1e-4) << row;
        }
      }
    }
  };
  for (const char* activation : {"relu", "tanh", "sigmoid", "gelu", "silu"}) {
    Network network((std::string("mlp sizes=4,6,5,2 activation=") + activation).c_str());
    network.initialize(1);
    expect_same(network, 4, "inputs=4");
  }
  for (const char* description : {"cnn image=2,9,8 outputs=3 widths=4,5", "resnet18 image=2,9,8 outputs=3 base=4"}) {
    Network network(description);
    network.initialize(1);
    expect_same(network, 2, "image=2,9,8");
  }
  Network large("resnet18 image=1,41,44 outputs=2 base=4");
  large.initialize(1);
  expect_same(large, 1, "image=1,41,44");
  const std::unique_ptr<Network> own = table.network();
  own->take_weights(1);
  expect_same(*own, 5, "inputs=5");
  const std::unique_ptr<Network> attends = transformer.network();
  attends->take_weights(1);
  expect_same(*attends, 1, "image=1,8,8");
  const Network ode("ode states=2 steps=3 hidden=4");
  const std::vector<float> ones(6, 1.0F);
  expect_refused([&] { ode.save_script(file.c_str(), ones.data(), ones.data(), ode.inputs(), ones.data(), ones.data(), 6, ""); }, "no TorchScript form");
}

TEST(ScriptModules, InitializeDrawsWhateverCame) {
  const Fixture f("script_table");
  const std::unique_ptr<Network> network = f.network();
  network->initialize(1);
  const std::vector<float> first = parameters_of(*network);
  network->take_weights(9);
  network->initialize(1);
  EXPECT_EQ(parameters_of(*network), first);
  std::size_t at = 0;
  for (int64_t t = 0; t < network->tensor_count(); ++t) {
    const std::string name = network->tensor_name(t);
    const auto size = static_cast<std::size_t>(size_of(*network, t));
    for (std::size_t i = at; i < at + size; ++i) {
      if (name == "bn.weight" || name == "norm.weight" || name == "bn.running_var") {
        EXPECT_EQ(first[i], 1.0F) << name;
      } else if (name == "one.weight") {
        EXPECT_LE(std::fabs(first[i]), 1.0F / std::sqrt(8.0F));
        EXPECT_NE(first[i], 0.0F);
      }
    }
    at += size;
  }
}

}  // namespace
}  // namespace pacnet
