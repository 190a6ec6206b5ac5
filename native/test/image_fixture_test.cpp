// Networks on images, and modules of a user's own, through the public API against PyTorch in Python; and what holds for the former
// besides.

#include <ATen/Context.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fixture.h"
#include "nn/describe.h"
#include "pacnet/pacnet.h"
#include "scopes.h"

namespace pacnet {
namespace {

using namespace test;  // NOLINT: the helpers of this very file's subject

constexpr double kImageTolerance = 1e-4;

bool same_bits(float a, float b) { return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b); }

std::unique_ptr<bool[]> prunable_of(const Network& network) {
  auto flags = std::make_unique<bool[]>(static_cast<std::size_t>(network.tensor_count()));
  for (int64_t t = 0; t < network.tensor_count(); ++t) {
    flags[static_cast<std::size_t>(t)] = (network.tensor_roles(t) & kRolePrunable) != 0;
  }
  return flags;
}

// One flag a parameter.
std::vector<bool> of_role(const Network& network, TensorRole role) {
  std::vector<bool> flags;
  for (int64_t t = 0; t < network.tensor_count(); ++t) {
    flags.insert(flags.end(), static_cast<std::size_t>(size_of(network, t)), (network.tensor_roles(t) & role) != 0);
  }
  return flags;
}

class ImageFixture : public testing::TestWithParam<const char*> {};

TEST_P(ImageFixture, StepPruneAllocateAndCalibrateAgreeWithPyTorch) {
  const Fixture f(GetParam());
  const std::unique_ptr<Network> own = f.network();
  Network& network = *own;
  const std::vector<float>& x = f.tensor("x_source");
  const int64_t rows = count(x) / network.inputs();
  set_parameters(network, f.tensor("initial"));
  std::vector<float> predictions(f.tensor("predictions").size());
  network.predict(x.data(), count(x), rows, predictions.data(), count(predictions), 2);
  EXPECT_LT(relative_difference(predictions, f.tensor("predictions")), kImageTolerance);

  const FitOptions o = options_of(f);
  const auto label_width = static_cast<std::size_t>(count(f.tensor("y_source")) / rows);
  const auto batch = static_cast<std::size_t>(o.batch_size);
  const std::vector<float> x_step(x.begin(), x.begin() + o.batch_size * network.inputs());
  const std::vector<float> y_step(f.tensor("y_source").begin(),
                                  f.tensor("y_source").begin() + static_cast<std::ptrdiff_t>(batch * label_width));
  double loss = fit(network, o, PhaseScope(network), x_step, y_step);
  EXPECT_NEAR(loss, f.number("step_loss"), kImageTolerance * f.number("step_loss"));
  EXPECT_LT(relative_difference(parameters_of(network), f.tensor("stepped")), kImageTolerance);

  set_parameters(network, f.tensor("initial"));
  const auto flags = prunable_of(network);
  EXPECT_EQ(network.prune(f.number("ratio"), kPrunePlain, 0, flags.get(), network.tensor_count(), 1),
            static_cast<int64_t>(f.number("kept")));
  EXPECT_EQ(mask_of(network), f.tensor("mask"));
  loss = fit(network, o, PhaseScope(network, Train::kKept), x, f.tensor("y_source"));
  EXPECT_NEAR(loss, f.number("allocate_loss"), kImageTolerance * f.number("allocate_loss"));
  const std::vector<float> allocated = parameters_of(network);
  EXPECT_LT(relative_difference(allocated, f.tensor("allocated")), kImageTolerance);

  set_parameters(network, f.tensor("allocated"));
  const PhaseScope calibrate(network, Train::kPruned, f.number("l2"));
  loss = fit(network, o, calibrate, f.tensor("x_target"), f.tensor("y_target"));
  EXPECT_NEAR(loss, f.number("calibrate_loss"), kImageTolerance * f.number("calibrate_loss"));
  const std::vector<float> calibrated = parameters_of(network);
  EXPECT_LT(relative_difference(calibrated, f.tensor("calibrated")), kImageTolerance);

  const std::vector<bool> statistics = of_role(network, kRoleStatistics);
  bool moved = false;
  std::vector<float> zeroed = calibrated;
  for (std::size_t i = 0; i < allocated.size(); ++i) {
    if (f.tensor("mask")[i] == 0.0F) {
      EXPECT_EQ(std::bit_cast<uint32_t>(allocated[i]), 0U) << i;
      zeroed[i] = 0.0F;
    }
    moved = moved || (statistics[i] && allocated[i] != f.tensor("initial")[i]);
  }
  EXPECT_EQ(moved, std::count(statistics.begin(), statistics.end(), true) > 0);  // statistics, in Allocate; in Calibrate they are among what is frozen
  for (std::size_t i = 0; i < zeroed.size(); ++i) {
    EXPECT_TRUE(same_bits(zeroed[i], f.tensor("allocated")[i])) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, ImageFixture,
                         testing::Values("images_cnn", "images_cnn_mse", "images_resnet18", "images_resnet18_large", "script_table",
                                         "script_cnn", "script_transformer", "script_traced"),
                         [](const auto& instance) { return std::string(instance.param); });

// Something to train on: the class is the brighter half.
struct Images {
  Images(int64_t count, int64_t inputs) : rows(count) {
    for (int64_t i = 0; i < rows * inputs; ++i) {
      x.push_back(static_cast<float>((i * 7919) % 1009) / 1009.0F + ((i / inputs) % 2 == (i % 2) ? 0.5F : 0.0F));
    }
    for (int64_t r = 0; r < rows; ++r) {
      y.push_back(static_cast<float>(r % 2));
    }
  }
  int64_t rows;
  std::vector<float> x;
  std::vector<float> y;
};

FitOptions classes(int64_t epochs, int threads = 1) {
  FitOptions o;
  o.loss = kCrossEntropy;
  o.epochs = epochs;
  o.batch_size = 16;
  o.threads = threads;
  return o;
}

TEST(ImageNetworks, SameSeedSameBits) {
  const Images data(40, 3 * 12 * 12);
  for (const char* description : {"cnn image=3,12,12 outputs=2 widths=4,8", "resnet18 image=3,12,12 outputs=2 base=4"}) {
    for (const int threads : {1, 2}) {
      std::vector<std::vector<float>> results;
      for (int run = 0; run < 2; ++run) {
        Network network(description);
        network.initialize(3);
        network.fit(classes(3, threads), PhaseScope(network), data.x.data(), count(data.x), data.y.data(), count(data.y),
                    data.rows, nullptr);
        results.push_back(parameters_of(network));
      }
      EXPECT_EQ(std::memcmp(results[0].data(), results[1].data(), results[0].size() * sizeof(float)), 0) << description;
    }
  }
}

// Channels around every block that a convolution's kernels have, images of odd sizes, a last batch of one row. Where memory is
// guarded (guarded/guarded_memory.cpp) this is where a write past a workspace shows.
TEST(ImageNetworks, LearnAtEveryWidth) {
  std::vector<std::string> descriptions;
  for (int width = 1; width <= 17; ++width) {
    descriptions.push_back("resnet18 image=3,12,12 outputs=2 base=" + std::to_string(width));
    descriptions.push_back("resnet18 image=1,9,11 outputs=2 base=" + std::to_string(width));
  }
  for (int width = 1; width <= 33; ++width) {
    descriptions.push_back("cnn image=2,7,5 outputs=2 widths=" + std::to_string(width) + "," + std::to_string(34 - width));
  }
  for (const std::string& description : descriptions) {
    Network network(description.c_str());
    const Images data(17, network.inputs());
    network.initialize(1);
    const std::vector<float> before = parameters_of(network);
    EXPECT_TRUE(std::isfinite(test::fit(network, classes(1), PhaseScope(network), data.x, data.y))) << description;
    EXPECT_NE(parameters_of(network), before) << description;
  }
}

// Which ATen's NNPACK did for each convolution, on every processor that it does not know.
TEST(ImageNetworks, WriteNothingOfTheirOwn) {
  Network network("resnet18 image=3,12,12 outputs=2 base=4");
  network.initialize(1);
  const Images data(3, network.inputs());
  std::vector<float> out(6);
  testing::internal::CaptureStderr();
  network.predict(data.x.data(), count(data.x), 3, out.data(), 6, 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_FALSE(at::globalContext().userEnabledNNPACK());
}

TEST(ImageNetworks, LearnAndAreEvaluatedByRunningStatistics) {
  const Images data(64, 12 * 12);
  Network network("cnn image=1,12,12 outputs=2 widths=4,8");
  network.initialize(1);
  FitOptions o = classes(30);
  o.learning_rate = 0.01;
  EXPECT_LT(test::fit(network, o, PhaseScope(network), data.x, data.y), 0.1);
  std::vector<float> out(128);
  network.predict(data.x.data(), count(data.x), 64, out.data(), 128, 1);
  int right = 0;
  for (std::size_t r = 0; r < 64; ++r) {
    right += (out[2 * r + 1] > out[2 * r]) == (data.y[r] == 1.0F) ? 1 : 0;
  }
  EXPECT_GT(right, 60);
  std::vector<float> alone(2);  // a row does not depend on those beside it
  network.predict(data.x.data() + 5 * 144, 144, 1, alone.data(), 2, 1);
  EXPECT_NEAR(alone[0], out[10], 1e-4);
}

TEST(ImageNetworks, CancellingAndFailingPutStatisticsBackToo) {
  const Images data(32, 12 * 12);
  Network network("cnn image=1,12,12 outputs=2 widths=4");
  network.initialize(1);
  const std::vector<float> before = parameters_of(network);
  class Cancel : public FitListener {
    bool on_epoch(int64_t, double, double) override { return false; }
  };
  Cancel cancel;
  network.fit(classes(5), PhaseScope(network), data.x.data(), count(data.x), data.y.data(), 32, 32, &cancel);
  EXPECT_EQ(parameters_of(network), before);
  FitOptions o = classes(5);
  o.optimizer = kSgd;
  o.learning_rate = 1e30;
  EXPECT_ANY_THROW(
      network.fit(o, PhaseScope(network), data.x.data(), count(data.x), data.y.data(), 32, 32, nullptr));
  EXPECT_EQ(last_error_kind(), kErrorDiverged);
  EXPECT_EQ(parameters_of(network), before);
}

// The last stage of images of 8 pixels is one pixel, and the last batch one row.
TEST(ImageNetworks, OneValueHasNoVariance) {
  for (const double stochastic : {0.0, 0.5}) {
    Network network("resnet18 image=1,8,8 outputs=2 base=4");
    network.initialize(1);
    const Images data(9, 8 * 8);
    FitOptions o = classes(2);
    o.batch_size = 8;
    PhaseScope all(network);
    all.scope.set_stochastic_normalisation(stochastic);
    EXPECT_TRUE(std::isfinite(test::fit(network, o, all, data.x, data.y)));
    for (const float value : parameters_of(network)) {
      ASSERT_TRUE(std::isfinite(value));
    }
    // By such rows alone a variance stays the one that it was.
    Network single("resnet18 image=1,8,8 outputs=2 base=4");
    single.initialize(1);
    o.batch_size = 1;
    PhaseScope again(single);
    again.scope.set_stochastic_normalisation(stochastic);
    test::fit(single, o, again, data.x, data.y);
    std::size_t at = 0;
    for (int64_t t = 0; t < single.tensor_count(); ++t) {
      const std::string name = single.tensor_name(t);
      if (name == "layer4.0.bn1.running_var") {
        EXPECT_EQ(parameters_of(single)[at], 1.0F);
      } else if (name == "layer4.0.bn1.running_mean") {
        EXPECT_NE(parameters_of(single)[at], 0.0F);
      }
      at += static_cast<std::size_t>(test::size_of(single, t));
    }
  }
}

TEST(ImageNetworks, MeanAndVarianceMoveOrStayTogether) {
  const Images data(16, 12 * 12);
  Network network("cnn image=1,12,12 outputs=2 widths=12");
  network.initialize(1);
  for (int64_t t = 0; t < network.tensor_count(); ++t) {
    if ((network.tensor_roles(t) & kRoleStatistics) == 0) {
      continue;
    }
    FitScope scope(network);
    const uint8_t none[] = {0, 0};
    scope.set_trainable(t, none, 2);
    try {
      network.fit(classes(1), scope, data.x.data(), count(data.x), data.y.data(), 16, 16, nullptr);
      ADD_FAILURE() << network.tensor_name(t);
    } catch (const std::exception& e) {
      EXPECT_EQ(last_error_kind(), kErrorInvalidArgument);
      EXPECT_NE(std::string(e.what()).find("together"), std::string::npos) << e.what();
    }
  }
}

TEST(ImageNetworks, StatisticsMoveOrStayAsAWhole) {
  const Network network("cnn image=1,12,12 outputs=2 widths=12");
  FitScope scope(network);
  const uint8_t part[] = {1, 0};
  for (int64_t t = 0; t < network.tensor_count(); ++t) {
    if ((network.tensor_roles(t) & kRoleStatistics) != 0) {
      EXPECT_ANY_THROW(scope.set_trainable(t, part, 2)) << network.tensor_name(t);
    }
  }
}

TEST(ImageNetworks, TwoFitsAtOnceGiveTheBitsOfOneAlone) {
  const Images data(32, 12 * 12);
  const auto train = [&data] {
    Network network("resnet18 image=1,12,12 outputs=2 base=4");
    network.initialize(2);
    network.fit(classes(4), PhaseScope(network), data.x.data(), count(data.x), data.y.data(), 32, 32, nullptr);
    return parameters_of(network);
  };
  const std::vector<float> alone = train();
  std::vector<float> other;
  std::thread second([&] { other = train(); });
  EXPECT_EQ(train(), alone);
  second.join();
  EXPECT_EQ(other, alone);
}

TEST(ImageNetworks, RefuseImagesTooSmallAndSettingsOutOfRange) {
  for (const char* wrong :
       {"cnn image=1,4,4 outputs=2 widths=2,2,2", "cnn outputs=2", "cnn image=1,8 outputs=2", "cnn image=1,8,8",
        "cnn image=1,8,8 outputs=2 widths=0", "cnn image=1,8,99999 outputs=2", "resnet18 image=3,7,9 outputs=2",
        "resnet18 image=3,9,9 outputs=2 base=0", "resnet18 image=3,9,9 outputs=2 widths=3"}) {
    EXPECT_ANY_THROW(Network network(wrong)) << wrong;
    EXPECT_EQ(last_error_kind(), kErrorInvalidArgument) << wrong;
  }
}

// What the head is given, and what it makes of that.
TEST(Networks, ShowWhatTheirHeadIsGiven) {
  for (const char* description : {"cnn image=1,12,12 outputs=3 widths=4,8", "resnet18 image=1,12,12 outputs=3 base=2", "mlp sizes=144,7,5,3"}) {
    Network network(description);
    network.initialize(1);
    const Images data(70, 144);
    const int64_t width = network.feature_count();
    std::vector<float> features(static_cast<std::size_t>(70 * width));
    network.features(data.x.data(), count(data.x), 70, features.data(), count(features), 2);
    std::vector<float> out(70 * 3);
    network.predict(data.x.data(), count(data.x), 70, out.data(), count(out), 1);
    const std::vector<float> all = parameters_of(network);
    const auto head = all.size() - static_cast<std::size_t>(3 * width + 3);  // weight, and then bias
    for (std::size_t r = 0; r < 70; ++r) {
      for (std::size_t o = 0; o < 3; ++o) {
        double said = static_cast<double>(all[all.size() - 3 + o]);
        for (std::size_t i = 0; i < static_cast<std::size_t>(width); ++i) {
          said += static_cast<double>(all[head + o * static_cast<std::size_t>(width) + i]) *
                  static_cast<double>(features[r * static_cast<std::size_t>(width) + i]);
        }
        EXPECT_NEAR(said, out[3 * r + o], 1e-4) << description;
      }
    }
  }
  const Network ode("ode states=2 steps=1 hidden=4");
  std::vector<float> x(4, 0.1F);
  std::vector<float> out(static_cast<std::size_t>(ode.feature_count()));
  EXPECT_ANY_THROW(ode.features(x.data(), 4, 1, out.data(), count(out), 1));
}

TEST(ImageNetworks, HaveTorchvisionsTensors) {
  const Network network("resnet18 image=3,224,224 outputs=1000");
  EXPECT_EQ(network.tensor_count(), 102);  // 62 parameters and 40 statistics
  EXPECT_EQ(network.parameter_count(), 11689512 + 9600);
  EXPECT_STREQ(network.tensor_name(0), "conv1.weight");
  EXPECT_STREQ(network.tensor_name(101), "fc.bias");
  EXPECT_EQ(parameter_count_of("resnet18 image=3,224,224 outputs=1000"), network.parameter_count());
}

}  // namespace
}  // namespace pacnet
