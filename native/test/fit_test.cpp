// The training loop through the public API: guarantees, determinism, stopping, and every way to refuse.

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/team.h"
#include "nn/mlp.h"
#include "fixture.h"
#include "pacnet/pacnet.h"
#include "scopes.h"
#include "train/guarantee.h"

namespace pacnet {
namespace {

using test::count;
using test::PhaseScope;
using test::Train;

constexpr const char* kNetwork = "mlp sizes=4,24,24,1";
constexpr bool kPrunable[] = {true, false, true, false, true, false};

using test::count;

struct Data {
  explicit Data(int64_t count, unsigned seed = 1) : rows(count) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (int64_t r = 0; r < rows; ++r) {
      float sum = 0.0F;
      for (int i = 0; i < 4; ++i) {
        x.push_back(normal(random));
        sum += x.back() * static_cast<float>(i);
      }
      y.push_back(std::sin(sum));
    }
  }
  int64_t rows;
  std::vector<float> x;
  std::vector<float> y;
};

std::vector<float> parameters_of(const Network& network) {
  std::vector<float> values(static_cast<std::size_t>(network.parameter_count()));
  network.get_parameters(values.data(), network.parameter_count());
  return values;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// Calls a function after every epoch.
class Listener : public FitListener {
 public:
  explicit Listener(std::function<bool(int64_t, double, double)> body) : body_(std::move(body)) {}
  bool on_epoch(int64_t epoch, double train_loss, double validation_loss) override {
    return body_(epoch, train_loss, validation_loss);
  }

 private:
  std::function<bool(int64_t, double, double)> body_;
};

struct Trained {
  explicit Trained(const std::string& settings = "") : network((kNetwork + settings).c_str()) { network.initialize(5); }
  FitResult fit(const Data& data, const FitOptions& options, FitListener* listener = nullptr) {
    return fit(data, options, PhaseScope(network), listener);
  }
  FitResult fit(const Data& data, const FitOptions& options, const FitScope& scope, FitListener* listener = nullptr) {
    return network.fit(options, scope, data.x.data(), count(data.x), data.y.data(), count(data.y), data.rows, listener);
  }
  Network network;
};

TEST(Fit, SameSeedSameBitsAndAnotherSeedOthers) {
  const Data data(300);
  for (const int threads : {1, 2}) {
    FitOptions o;
    o.epochs = 5;
    o.threads = threads;
    o.seed = 3;
    Trained a(" dropout=0.2");
    Trained b(" dropout=0.2");
    a.fit(data, o);
    b.fit(data, o);
    EXPECT_TRUE(same_bits(parameters_of(a.network), parameters_of(b.network)));
    o.seed = 4;
    Trained c(" dropout=0.2");
    c.fit(data, o);
    EXPECT_FALSE(same_bits(parameters_of(a.network), parameters_of(c.network)));
  }
}

TEST(Fit, ManyThreadsAgreeWithOne) {
  const Data data(512);
  std::vector<std::vector<float>> results;
  for (const int threads : {1, 2, 3}) {
    // Large enough that more than one thread is used.
    Network network("mlp sizes=4,256,256,1 activation=tanh dropout=0.1");
    network.initialize(1);
    FitOptions o;
    o.epochs = 3;
    o.optimizer = kSgd;
    o.learning_rate = 0.01;
    o.threads = threads;
    network.fit(o, PhaseScope(network), data.x.data(), count(data.x), data.y.data(), count(data.y), data.rows, nullptr);
    results.push_back(parameters_of(network));
  }
  for (std::size_t t = 1; t < results.size(); ++t) {
    for (std::size_t i = 0; i < results[0].size(); ++i) {
      ASSERT_NEAR(results[t][i], results[0][i], 1e-5) << t << ' ' << i;
    }
  }
}

TEST(Fit, AllocateKeepsPrunedAtPlusZeroAfterEveryEpochAndMovesTheRest) {
  for (const int optimizer : {kAdam, kAdamW, kSgd}) {
    const Data data(200);
    Trained t;
    EXPECT_EQ(t.network.prune(0.8, kPruneGlobal, 0, kPrunable, 6, 1), 139);  // round(0.2 * 696)
    const std::vector<float> before = parameters_of(t.network);
    FitOptions o;
    o.optimizer = optimizer;
    o.weight_decay = optimizer == kAdamW ? 0.01 : 0.0;
    o.epochs = 4;
    int64_t seen = 0;
    Listener listener([&](int64_t, double, double) {
      const std::vector<float> now = parameters_of(t.network);
      for (std::size_t i = 0; i < now.size(); ++i) {
        if (before[i] == 0.0F) {
          EXPECT_EQ(std::bit_cast<uint32_t>(now[i]), 0U);
          ++seen;
        }
      }
      return true;
    });
    t.fit(data, o, PhaseScope(t.network, Train::kKept), &listener);
    EXPECT_EQ(seen, 4 * (696 - 139));
    EXPECT_FALSE(same_bits(before, parameters_of(t.network)));
  }
}

TEST(Fit, CalibrateMovesPrunedPositionsOnly) {
  for (const int optimizer : {kAdam, kAdamW, kSgd}) {
    const Data data(20, 9);
    Trained t;
    t.network.prune(0.8, kPrunePerLayer, 0, kPrunable, 6, 1);
    const std::vector<float> before = parameters_of(t.network);
    FitOptions o;
    o.optimizer = optimizer;
    o.weight_decay = optimizer == kAdamW ? 0.01 : 0.0;
    o.learning_rate = 0.01;
    o.epochs = 30;
    t.fit(data, o, PhaseScope(t.network, Train::kPruned, 0.01));
    const std::vector<float> after = parameters_of(t.network);
    int64_t moved = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i] != 0.0F) {
        EXPECT_EQ(std::bit_cast<uint32_t>(after[i]), std::bit_cast<uint32_t>(before[i])) << i;
      } else {
        moved += after[i] != 0.0F ? 1 : 0;
      }
    }
    EXPECT_GT(moved, 200);
  }
}

TEST(Fit, AHeadOfTheTargetsOwnIsTrainedInFullAndNotPulled) {
  const Data data(20, 9);
  Trained t;
  t.network.prune(0.8, kPruneGlobal, 0, kPrunable, 6, 1);
  const std::vector<float> before = parameters_of(t.network);
  FitOptions o;
  o.epochs = 5;
  PhaseScope phase(t.network, Train::kPruned, 1000.0);
  for (int64_t tensor = 0; tensor < t.network.tensor_count(); ++tensor) {
    if ((t.network.tensor_roles(tensor) & kRoleHead) != 0) {
      const int64_t size = test::size_of(t.network, tensor);
      std::vector<uint8_t> all(static_cast<std::size_t>((size + 7) / 8));
      for (int64_t i = 0; i < size; ++i) {
        all[static_cast<std::size_t>(i / 8)] |= static_cast<uint8_t>(1 << (i % 8));
      }
      phase.scope.set_trainable(tensor, all.data(), count(all));
      phase.scope.set_pull(tensor, 0);
    }
  }
  t.fit(data, o, phase);
  const std::vector<float> after = parameters_of(t.network);
  const std::size_t head = before.size() - 25;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (i < head && before[i] != 0.0F) {
      EXPECT_EQ(before[i], after[i]) << i;
    }
  }
  EXPECT_NE(before.back(), after.back());  // the head's bias
}

TEST(Fit, L2PullsTowardZeroOrTowardTheStart) {
  const Data data(50);
  const auto distance = [&](double l2, bool to_start) {
    Trained t;
    const std::vector<float> before = parameters_of(t.network);
    FitOptions o;
    o.epochs = 60;
    o.learning_rate = 0.01;
    PhaseScope phase(t.network, Train::kAll, l2);
    if (to_start) {
      phase.scope.set_anchor(before.data(), count(before));
    }
    t.fit(data, o, phase);
    const std::vector<float> after = parameters_of(t.network);
    double sum = 0.0;
    for (std::size_t i = 0; i < after.size(); ++i) {
      const double d = static_cast<double>(after[i] - (to_start ? before[i] : 0.0F));
      sum += d * d;
    }
    return sum;
  };
  EXPECT_LT(distance(1.0, false), 0.1 * distance(0.0, false));
  EXPECT_LT(distance(1.0, true), 0.1 * distance(0.0, true));
}

TEST(Fit, ReportsTheLossThatItLowers) {
  const Data data(256);
  Trained t;
  std::vector<double> losses;
  Listener listener([&](int64_t, double loss, double) {
    losses.push_back(loss);
    return true;
  });
  FitOptions o;
  o.epochs = 40;
  o.learning_rate = 0.01;
  o.batch_size = 100;  // and a last batch of 56
  t.fit(data, o, &listener);
  EXPECT_LT(losses.back(), 0.5 * losses.front());
  std::vector<float> out(256);
  t.network.predict(data.x.data(), count(data.x), 256, out.data(), 256, 2);
  double error = 0.0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double difference = static_cast<double>(out[i]) - static_cast<double>(data.y[i]);
    error += difference * difference / 256.0;
  }
  EXPECT_NEAR(error, losses.back(), 0.5 * losses.back());
}

TEST(Fit, SchedulesEndNearZero) {
  // With lr falling to zero the last epoch moves far less than with a constant rate.
  const Data data(64);
  const auto last_move = [&](int schedule) {
    Trained t;
    FitOptions o;
    o.epochs = 20;
    o.optimizer = kSgd;
    o.momentum = 0.0;
    o.learning_rate = 0.05;
    o.batch_size = 64;
    o.schedule = schedule;
    std::vector<float> previous;
    double move = 0.0;
    Listener listener([&](int64_t, double, double) {
      const std::vector<float> now = parameters_of(t.network);
      move = 0.0;
      for (std::size_t i = 0; i < previous.size(); ++i) {
        move += std::fabs(static_cast<double>(now[i] - previous[i]));
      }
      previous = now;
      return true;
    });
    t.fit(data, o, &listener);
    return move;
  };
  EXPECT_LT(last_move(kLinear), 0.2 * last_move(kConstant));
  EXPECT_LT(last_move(kCosine), 0.05 * last_move(kConstant));
}

TEST(Fit, EarlyStoppingTakesTheBestEpochsWeights) {
  const Data data(40);
  Trained t;
  FitOptions o;
  o.epochs = 400;
  o.learning_rate = 0.02;
  o.validation_share = 0.25;
  o.patience = 20;
  std::vector<std::vector<float>> history;
  std::vector<double> validation;
  Listener listener([&](int64_t, double, double loss) {
    history.push_back(parameters_of(t.network));
    validation.push_back(loss);
    return true;
  });
  const FitResult result = t.fit(data, o, &listener);
  ASSERT_LT(result.epochs_run, 400);
  EXPECT_EQ(result.epochs_run, result.best_epoch + 20);
  const auto best = std::min_element(validation.begin(), validation.end()) - validation.begin();
  EXPECT_EQ(best + 1, result.best_epoch);
  EXPECT_TRUE(same_bits(parameters_of(t.network), history[static_cast<std::size_t>(best)]));
}

TEST(Fit, CancelPutsTheWeightsBack) {
  const Data data(100);
  Trained t;
  const std::vector<float> before = parameters_of(t.network);
  FitOptions o;
  o.epochs = 10;
  Listener listener([](int64_t epoch, double, double) { return epoch < 3; });
  const FitResult result = t.fit(data, o, &listener);
  EXPECT_TRUE(result.cancelled);
  EXPECT_EQ(result.epochs_run, 3);
  EXPECT_TRUE(same_bits(before, parameters_of(t.network)));
}

// The message of what the call throws, and the kind it leaves behind.
std::string failure(ErrorKind kind, const std::function<void()>& call) {
  try {
    call();
  } catch (const std::exception& e) {
    EXPECT_EQ(last_error_kind(), kind) << e.what();
    return e.what();
  }
  ADD_FAILURE() << "did not throw";
  return "";
}

TEST(Fit, DivergenceIsReportedAndPutsTheWeightsBack) {
  const Data data(100);
  Trained t;
  const std::vector<float> before = parameters_of(t.network);
  FitOptions o;
  o.optimizer = kSgd;
  o.learning_rate = 1e30;
  o.epochs = 10;
  EXPECT_NE(failure(kErrorDiverged, [&] { t.fit(data, o); }).find("learning rate"), std::string::npos);
  EXPECT_TRUE(same_bits(before, parameters_of(t.network)));
}

TEST(Fit, RefusesEveryOptionOutOfItsRange) {
  const std::vector<std::function<void(FitOptions&)>> faults = {
      [](FitOptions& o) { o.epochs = 0; },
      [](FitOptions& o) { o.batch_size = 0; },
      [](FitOptions& o) { o.learning_rate = 0; },
      [](FitOptions& o) { o.learning_rate = std::numeric_limits<double>::quiet_NaN(); },
      [](FitOptions& o) { o.validation_share = 1; },
      [](FitOptions& o) { o.validation_share = 0.999; },
      [](FitOptions& o) { o.patience = 1; },
      [](FitOptions& o) { o.threads = 0; },
      [](FitOptions& o) { o.beta1 = 1; },
      [](FitOptions& o) { o.beta2 = -0.1; },
      [](FitOptions& o) { o.epsilon = 0; },
      [](FitOptions& o) { o.momentum = 1; },
      [](FitOptions& o) { o.weight_decay = 0.1; },  // Adam has none
      [](FitOptions& o) { o.huber_delta = 0; },
      [](FitOptions& o) { o.loss = 4; },
      [](FitOptions& o) { o.loss = kCrossEntropy; },  // one output
      [](FitOptions& o) { o.optimizer = -1; },
      [](FitOptions& o) { o.schedule = 3; },
      // Finite, and no float.
      [](FitOptions& o) { o.learning_rate = 1e39; },
      [](FitOptions& o) { o.epsilon = 1e39; },
      [](FitOptions& o) { o.huber_delta = 1e39; },
      [](FitOptions& o) {
        o.optimizer = kAdamW;
        o.weight_decay = 1e39;
      },
  };
  const Data data(30);
  for (std::size_t i = 0; i < faults.size(); ++i) {
    Trained t;
    FitOptions o;
    faults[i](o);
    EXPECT_FALSE(failure(kErrorInvalidArgument, [&] { t.fit(data, o); }).empty()) << i;
  }
  Trained t;
  EXPECT_FALSE(failure(kErrorInvalidArgument, [&] { t.network.fit({}, PhaseScope(t.network), nullptr, 0, nullptr, 0, 0, nullptr); }).empty());
}

TEST(Fit, RefusesScopesThatPromiseWhatCannotBe) {
  const Data data(30);
  Trained t;
  FitScope scope(t.network);
  EXPECT_FALSE(failure(kErrorInvalidArgument, [&] { scope.set_pull(0, 1e39); }).empty());
  EXPECT_FALSE(failure(kErrorInvalidArgument, [&] { scope.set_spectral_penalty(1e39, 1); }).empty());
  for (int64_t tensor = 0; tensor < t.network.tensor_count(); ++tensor) {
    const std::vector<uint8_t> none(test::mask_bits(t.network, tensor).size(), 0);
    scope.set_trainable(tensor, none.data(), count(none));
  }
  const std::string nothing = failure(kErrorInvalidArgument, [&] {
    t.network.fit({}, scope, data.x.data(), count(data.x), data.y.data(), count(data.y), 30, nullptr);
  });
  EXPECT_NE(nothing.find("nothing may move"), std::string::npos) << nothing;
  // A gated weight is a start and a change: what pulls would pull at the change.
  const bool gated[] = {true, true, true, true, true, true};
  FitScope pulled(t.network);
  pulled.set_gates(gated, 6, 0.1, 1.0, 0.01, 0);
  pulled.set_pull(0, 0.1);
  EXPECT_FALSE(failure(kErrorInvalidArgument, [&] {
                 t.network.fit({}, pulled, data.x.data(), count(data.x), data.y.data(), count(data.y), 30, nullptr);
               }).empty());
  FitScope decayed(t.network);
  decayed.set_gates(gated, 6, 0.1, 1.0, 0.01, 0);
  FitOptions o;
  o.optimizer = kAdamW;
  o.weight_decay = 0.1;
  EXPECT_FALSE(failure(kErrorInvalidArgument, [&] {
                 t.network.fit(o, decayed, data.x.data(), count(data.x), data.y.data(), count(data.y), 30, nullptr);
               }).empty());
}

TEST(Network, RefusesBuffersOfAnotherLengthBeforeItTouchesThem) {
  const Data data(30);
  Trained t;
  std::vector<float> values = parameters_of(t.network);
  std::vector<float> out(30, 7.0F);
  std::vector<uint8_t> bits(12);
  const std::vector<std::function<void()>> faults = {
      [&] { t.network.get_parameters(out.data(), 30); },
      [&] { t.network.set_parameters(values.data(), count(values) - 1); },
      [&] { t.network.fit({}, PhaseScope(t.network), data.x.data(), count(data.x), data.y.data(), 29, 30, nullptr); },
      [&] { t.network.fit({}, PhaseScope(t.network), data.x.data(), count(data.x) - 4, data.y.data(), 30, 30, nullptr); },
      [&] { t.network.fit({}, PhaseScope(t.network), data.x.data(), count(data.x), data.y.data(), 30, -1, nullptr); },
      [&] {
        t.network.fit({}, PhaseScope(t.network), data.x.data(), count(data.x), data.y.data(), 30, std::numeric_limits<int64_t>::max(), nullptr);
      },
      [&] { t.network.predict(data.x.data(), count(data.x), 30, out.data(), 31, 1); },
      [&] { t.network.predict(data.x.data(), count(data.x), 31, out.data(), 31, 1); },
      [&] { t.network.prune(0.8, kPruneGlobal, 0, kPrunable, 5, 1); },
      [&] { t.network.prune(0.8, 4, 0, kPrunable, 6, 1); },
      [&] { t.network.get_mask(0, bits.data(), 11); },
      [&] { FitScope(t.network).set_trainable(0, bits.data(), 13); },
      [&] { FitScope(t.network).set_trainable(6, bits.data(), 12); },
      [&] { FitScope(t.network).set_anchor(out.data(), 30); },
      [&] { FitScope(t.network).set_pull(0, -1); },
      [&] { FitScope(t.network).set_pull(6, 1); },
      [&] { t.fit(data, {}, PhaseScope(Network("mlp sizes=4,5,1"))); },
  };
  for (std::size_t i = 0; i < faults.size(); ++i) {
    EXPECT_FALSE(failure(kErrorInvalidArgument, faults[i]).empty()) << i;
  }
  EXPECT_EQ(out, std::vector<float>(30, 7.0F));
  EXPECT_TRUE(same_bits(values, parameters_of(t.network)));
}

TEST(Network, ACallThatSucceedsForgetsTheLastError) {
  Trained t;
  failure(kErrorInvalidArgument, [&] { t.network.prune(2, kPruneGlobal, 0, kPrunable, 6, 1); });
  EXPECT_EQ(last_error_kind(), kErrorInvalidArgument);
  t.network.initialize(1);
  EXPECT_EQ(last_error_kind(), kErrorNone);
}

TEST(Fit, AnyNumberOfThreadsIsCutToWhatTheBlasCanServe) {
  const Data data(512);
  Network network("mlp sizes=4,1024,1024,1");  // 6 million multiplications a row: every thread would be of use
  network.initialize(1);
  FitOptions o;
  o.batch_size = 512;
  o.threads = 100000;
  EXPECT_EQ(network.fit(o, PhaseScope(network), data.x.data(), count(data.x), data.y.data(), 512, 512, nullptr).epochs_run, 1);
}

TEST(Fit, NamesTheRowOfAClassIndexOutOfRange) {
  Network network("mlp sizes=4,8,3");
  Data data(10);
  data.y = {0, 1, 2, 0, 3, 0, 0, 0, 0, 0};
  FitOptions o;
  o.loss = kCrossEntropy;
  const std::string message = failure(kErrorInvalidArgument, [&] {
    network.fit(o, PhaseScope(network), data.x.data(), count(data.x), data.y.data(), count(data.y), 10, nullptr);
  });
  EXPECT_NE(message.find("row 5"), std::string::npos) << message;
}

struct WeightedCase {
  const char* network;
  int loss;
  bool soft = false;
};

// What a network learns of twelve rows by so many whole-batch steps.
std::vector<float> learnt(const WeightedCase& c, const std::vector<float>& x, const std::vector<float>& y, int64_t rows, bool weighted) {
  Network network(c.network);
  network.initialize(3);
  FitOptions o;
  o.loss = c.loss;
  o.optimizer = kSgd;
  o.learning_rate = 0.05;
  o.epochs = 10;
  o.batch_size = rows;
  o.weighted = weighted;
  FitScope scope(network);
  if (c.soft) {
    const float table[] = {0.5F, 0.3F, 0.2F, 0.1F, 0.8F, 0.1F, 0.2F, 0.2F, 0.6F};
    scope.set_soft_labels(0, 1.0, 0.7, table, 9);
  }
  network.fit(o, scope, x.data(), count(x), y.data(), count(y), rows, nullptr);
  return parameters_of(network);
}

TEST(Fit, ARowOfWeightThreeCountsAsThreeRowsAndOneOfNoneNotAtAll) {
  const WeightedCase cases[] = {{"mlp sizes=4,12,3 activation=tanh", kMse},
                                {"mlp sizes=4,12,3 activation=silu", kMae},
                                {"mlp sizes=4,12,3 activation=relu", kHuber},
                                {"mlp sizes=4,12,3 activation=silu", kCrossEntropy},
                                {"mlp sizes=4,12,3 activation=silu", kCrossEntropy, true},
                                {"ode states=2 steps=1 time=0 hidden=8 activation=tanh", kMse}};
  for (const WeightedCase& c : cases) {
    const Network shape(c.network);
    const int64_t inputs = shape.inputs();
    const int64_t labels = c.loss == kCrossEntropy ? 1 : shape.outputs();
    std::mt19937 random(8);
    std::normal_distribution<float> normal;
    std::vector<float> x;
    std::vector<float> y;
    std::vector<float> many_x;
    std::vector<float> many_y;
    constexpr int64_t kRows = 12;
    for (int64_t r = 0; r < kRows; ++r) {
      const int64_t times = r % 3 == 0 ? 3 : r % 3 == 1 ? 0 : 1;
      std::vector<float> in(static_cast<std::size_t>(inputs));
      std::vector<float> out(static_cast<std::size_t>(labels));
      std::generate(in.begin(), in.end(), [&] { return 0.5F * normal(random); });
      std::generate(out.begin(), out.end(), [&] { return c.loss == kCrossEntropy ? static_cast<float>(random() % 3) : normal(random); });
      x.insert(x.end(), in.begin(), in.end());
      y.insert(y.end(), out.begin(), out.end());
      // Sixteen rows where each is written down.
      y.push_back(static_cast<float>(times) * static_cast<float>(kRows) / 16.0F);
      for (int64_t copy = 0; copy < times; ++copy) {
        many_x.insert(many_x.end(), in.begin(), in.end());
        many_y.insert(many_y.end(), out.begin(), out.end());
      }
    }
    const std::vector<float> weighted = learnt(c, x, y, kRows, true);
    const std::vector<float> written_down = learnt(c, many_x, many_y, 16, false);
    for (std::size_t i = 0; i < weighted.size(); ++i) {
      EXPECT_NEAR(weighted[i], written_down[i], 1e-5) << c.network << ' ' << i;
    }
  }
}

TEST(Fit, NamesTheRowOfAWeightThatIsNone) {
  const Data data(10);
  for (const float wrong : {-1.0F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::vector<float> y;
    for (std::size_t r = 0; r < 10; ++r) {
      y.push_back(data.y[r]);
      y.push_back(r == 6 ? wrong : 1.0F);
    }
    Trained t;
    FitOptions o;
    o.weighted = true;
    const std::string message = failure(kErrorInvalidArgument, [&] {
      t.network.fit(o, PhaseScope(t.network), data.x.data(), count(data.x), y.data(), count(y), 10, nullptr);
    });
    EXPECT_NE(message.find("row 7: its weight"), std::string::npos) << message;
  }
}

// Gives the rows of an array, and notes what it is asked for.
class ArraySource : public BatchSource {
 public:
  explicit ArraySource(const Data& data) : data_(data) {}
  bool begin(int64_t epoch, const int32_t* order, int64_t rows, int64_t) override {
    epochs.push_back(epoch);
    order_.assign(order, order + rows);
    orders.push_back(order_);
    at_ = 0;
    return epoch <= last;
  }
  bool next(int64_t rows, float* x, float* y) override {
    for (int64_t r = 0; r < rows; ++r) {
      const auto from = static_cast<std::ptrdiff_t>(order_[at_++]);
      std::copy_n(data_.x.begin() + 4 * from, 4, x + 4 * r);
      y[r] = data_.y[static_cast<std::size_t>(from)];
    }
    return true;
  }
  std::vector<int64_t> epochs;
  std::vector<std::vector<int32_t>> orders;
  int64_t last = 100;

 private:
  const Data& data_;
  std::vector<int32_t> order_;
  std::size_t at_ = 0;
};

TEST(Fit, PulledRowsGiveTheBitsOfAnArray) {
  const Data data(90);
  FitOptions o;
  o.epochs = 3;
  o.batch_size = 16;
  o.validation_share = 0.2;
  o.seed = 9;
  for (const int threads : {1, 2}) {
    o.threads = threads;
    Trained in_memory(" dropout=0.1");
    in_memory.fit(data, o);
    Trained pulled(" dropout=0.1");
    ArraySource source(data);
    pulled.network.fit(o, PhaseScope(pulled.network), &source, 90, nullptr);
    EXPECT_TRUE(same_bits(parameters_of(in_memory.network), parameters_of(pulled.network)));
    EXPECT_EQ(source.epochs, (std::vector<int64_t>{1, 0, 2, 0, 3, 0}));
  }
}

// (0.33^10 + (1 - 0.33^10) * (e - 1) / 10)^(1/10) of 30 rows.
TEST(Fit, ACurriculumBeginsWithAThirdAndGrowsByItsRoot) {
  const Data data(30);
  Trained t;
  FitOptions o;
  o.epochs = 10;
  o.batch_size = 8;
  o.curriculum = true;
  const std::vector<int> reached{10, 24, 26, 27, 28, 28, 29, 29, 30, 30};
  ArraySource source(data);
  t.network.fit(o, PhaseScope(t.network), &source, 30, nullptr);
  ASSERT_EQ(source.orders.size(), reached.size());
  std::vector<std::vector<int32_t>> firsts;
  for (std::size_t e = 0; e < reached.size(); ++e) {
    std::vector<int> times(30, 0);
    for (const int32_t row : source.orders[e]) {
      ++times[static_cast<std::size_t>(row)];
    }
    EXPECT_EQ(source.orders[e].size(), 30U);
    for (int row = 0; row < 30; ++row) {
      const int least = row < reached[e] ? 30 / reached[e] : 0;
      EXPECT_GE(times[static_cast<std::size_t>(row)], least) << "epoch " << e + 1 << ", row " << row;
      EXPECT_LE(times[static_cast<std::size_t>(row)], row < reached[e] ? least + 1 : 0) << "epoch " << e + 1 << ", row " << row;
    }
    EXPECT_FALSE(std::is_sorted(source.orders[e].begin(), source.orders[e].end()));
  }
  EXPECT_NE(source.orders[8], source.orders[9]);
  Trained again;
  ArraySource same(data);
  again.network.fit(o, PhaseScope(again.network), &same, 30, nullptr);
  EXPECT_EQ(source.orders, same.orders);
  EXPECT_TRUE(same_bits(parameters_of(t.network), parameters_of(again.network)));
}

TEST(Fit, ACurriculumOfRowsThatAreHeldOutTooKeepsTheirOrder) {
  const Data data(40);
  Trained t;
  FitOptions o;
  o.epochs = 1;
  o.validation_share = 0.25;
  o.curriculum = true;
  ArraySource source(data);
  t.network.fit(o, PhaseScope(t.network), &source, 40, nullptr);
  // A third of 30 of 40 rows: those that are left of the first.
  std::vector<int32_t> held = source.orders.at(1);
  std::vector<int32_t> first;
  for (int32_t row = 0; first.size() < 10; ++row) {
    if (std::find(held.begin(), held.end(), row) == held.end()) {
      first.push_back(row);
    }
  }
  std::vector<int32_t> learnt = source.orders.at(0);
  std::sort(learnt.begin(), learnt.end());
  learnt.erase(std::unique(learnt.begin(), learnt.end()), learnt.end());
  EXPECT_EQ(learnt, first);
}

TEST(Fit, OfVeryFewRowsACurriculumHasOneAtLeast) {
  for (const int rows : {1, 2, 3}) {
    const Data data(rows);
    Trained t;
    FitOptions o;
    o.epochs = 2;
    o.curriculum = true;
    ArraySource source(data);
    t.network.fit(o, PhaseScope(t.network), &source, rows, nullptr);
    EXPECT_EQ(source.orders.at(0), std::vector<int32_t>(static_cast<std::size_t>(rows), 0));
  }
}

TEST(Fit, ASourceThatFailsEndsItAndPutsTheWeightsBack) {
  const Data data(90);
  Trained t;
  const std::vector<float> before = parameters_of(t.network);
  FitOptions o;
  o.epochs = 5;
  ArraySource source(data);
  source.last = 2;
  failure(kErrorRows, [&] { t.network.fit(o, PhaseScope(t.network), &source, 90, nullptr); });
  EXPECT_TRUE(same_bits(before, parameters_of(t.network)));
}

TEST(Fit, AllocateRefusesToStartFromWeightsThatAreNotPruned) {
  const Data data(30);
  Trained t;
  t.network.prune(0.8, kPruneGlobal, 0, kPrunable, 6, 1);
  std::vector<float> values = parameters_of(t.network);
  for (float& v : values) {
    v = v == 0.0F ? -0.0F : v;
  }
  t.network.set_parameters(values.data(), count(values));
  const PhaseScope allocate(t.network, Train::kKept);
  EXPECT_FALSE(failure(kErrorInvalidArgument, [&] { t.fit(data, {}, allocate); }).empty());
}

TEST(Network, RefusesImpossibleShapesRatiosAndMasks) {
  for (const char* wrong :
       {"", "lstm", "mlp", "mlp sizes=4", "mlp sizes=4,0,1", "mlp sizes=4,1 sizes=4,1", "mlp sizes=4,x,1", "mlp sizes=4,1 5",
        "mlp sizes=4,1 activation=9", "mlp sizes=4,1 dropout=1", "mlp sizes=4,1 dropout=0.5x", "mlp sizes=4,1 depth=3"}) {
    EXPECT_FALSE(failure(kErrorInvalidArgument, [&] { Network network(wrong); }).empty()) << wrong;
  }
  Trained t;
  for (const double ratio : {0.0, 1.0, -1.0, 2.0, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_FALSE(failure(kErrorInvalidArgument, [&] { t.network.prune(ratio, kPruneGlobal, 0, kPrunable, 6, 1); }).empty());
  }
  const bool none[6] = {};
  EXPECT_FALSE(failure(kErrorInvalidArgument, [&] { t.network.prune(0.5, kPruneGlobal, 0, none, 6, 1); }).empty());
  const bool bias[6] = {false, true, false, false, false, false};
  EXPECT_FALSE(failure(kErrorInvalidArgument, [&] { t.network.prune(0.5, kPruneGlobal, 0, bias, 6, 1); }).empty());
  EXPECT_FALSE(failure(kErrorInvalidArgument, [&] { t.network.tensor_name(6); }).empty());
}

TEST(Network, TellsWhatItsTensorsAreFor) {
  const Network network("mlp sizes=4,24,24,1 dropout=0.5");
  EXPECT_EQ(network.inputs(), 4);
  EXPECT_EQ(network.outputs(), 1);
  EXPECT_STREQ(network.tensor_name(2), "layers.3.weight");
  const int roles[] = {kRolePrunable, 0, kRolePrunable, 0, kRolePrunable + kRoleHead, kRoleHead};
  for (int64_t t = 0; t < 6; ++t) {
    EXPECT_EQ(network.tensor_roles(t), roles[t]) << t;
    EXPECT_EQ(network.kept_count(t), test::size_of(network, t));
  }
}

TEST(Guarantee, AnAlteredFrozenValueIsFoundAndNamed) {
  const Mlp mlp({4, 24, 1}, kRelu, 0.0);
  BitMask trainable(mlp.layout());
  std::vector<float> before(static_cast<std::size_t>(mlp.layout().extent()), 0.0F);
  std::vector<float> after = before;
  check_frozen(mlp.layout(), trainable, before.data(), after.data());
  const Tensor& second = mlp.weight(1);
  after[static_cast<std::size_t>(second.offset + 5)] = -0.0F;  // equal as a number, not as bits
  try {
    check_frozen(mlp.layout(), trainable, before.data(), after.data());
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kErrorGuarantee);
    EXPECT_NE(std::string(e.what()).find("layers.2.weight[5]"), std::string::npos) << e.what();
  }
  EXPECT_THROW(check_frozen_zero(mlp.layout(), trainable, after.data(), kErrorGuarantee, "x"), Error);
  check_frozen_zero(mlp.layout(), trainable, before.data(), kErrorGuarantee, "x");
  trainable.fill(second, true);
  check_frozen(mlp.layout(), trainable, before.data(), after.data());
  after[0] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(check_finite(mlp.layout(), after.data()), Error);
}

TEST(Blas, IsPinnedToOneThreadWhateverWasSetBefore) {
  const Data data(50);
  if (void* set = dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) {
    reinterpret_cast<void (*)(int)>(set)(2);
  } else if (void* local = dlsym(RTLD_DEFAULT, "MKL_Set_Num_Threads_Local")) {
    reinterpret_cast<int (*)(int)>(local)(2);
  } else {
    FAIL() << "a BLAS of an unknown kind: " << blas_description();
  }
  EXPECT_EQ(blas_threads(), 2);
  Trained t;
  t.fit(data, FitOptions());
  EXPECT_EQ(blas_threads(), 1);
}

TEST(Team, RunsEveryThreadOncePerRound) {
  for (const int threads : {1, 2, 4}) {
    Team team(threads);
    std::vector<int> counts(static_cast<std::size_t>(threads) * 64);
    for (int round = 0; round < 1000; ++round) {
      team.run([&](int thread) { ++counts[static_cast<std::size_t>(thread) * 64]; });
    }
    for (int thread = 0; thread < threads; ++thread) {
      EXPECT_EQ(counts[static_cast<std::size_t>(thread) * 64], 1000);
    }
  }
}

TEST(Team, ThrowsWhatTheFirstThreadThrewAndWorksOn) {
  for (const int threads : {1, 2, 3}) {
    Team team(threads);
    try {
      team.run([&](int thread) {
        if (thread > 0 || threads == 1) {
          throw std::runtime_error(std::to_string(thread));
        }
      });
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& e) {
      EXPECT_EQ(e.what(), std::string(threads == 1 ? "0" : "1"));
    }
    std::atomic<int> runs = 0;
    team.run([&](int) { ++runs; });
    EXPECT_EQ(runs, threads);
  }
}

TEST(Sessions, TwoAtOnceDoNotDisturbEachOther) {
  const Data data(200);
  FitOptions o;
  o.epochs = 20;
  Trained alone;
  alone.fit(data, o);
  Trained a;
  Trained b;
  std::thread other([&] { a.fit(data, o); });
  b.fit(data, o);
  other.join();
  EXPECT_TRUE(same_bits(parameters_of(alone.network), parameters_of(a.network)));
  EXPECT_TRUE(same_bits(parameters_of(alone.network), parameters_of(b.network)));
}

}  // namespace
}  // namespace pacnet
