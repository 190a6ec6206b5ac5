#include "train/fit.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <future>
#include <limits>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "core/blas.h"
#include "core/error.h"
#include "core/random.h"
#include "core/team.h"
#include "optim/masked_step.h"
#include "train/adapters.h"
#include "train/engine.h"
#include "train/gates.h"
#include "train/guarantee.h"
#include "train/penalty.h"

namespace pacnet {

BitMask optimized(const Scope& scope) {
  BitMask set = scope.trainable;
  for (const Tensor& tensor : scope.layout.tensors()) {
    if (tensor.is(kRoleStatistics)) {
      set.fill(tensor, false);
    }
  }
  return set;
}

std::vector<float> twice_pull(const Scope& scope) {
  std::vector<float> twice(static_cast<std::size_t>(scope.layout.extent() / kWordBits), 0.0F);
  for (const Segment& segment : scope.segments) {
    std::fill(twice.begin() + segment.begin / kWordBits, twice.begin() + segment.end / kWordBits,
              has_penalty(scope) ? 0.0F : 2.0F * segment.l2);
  }
  return twice;
}

BitMask used_by(const Layout& layout) {
  BitMask used(layout);
  for (const Tensor& tensor : layout.tensors()) {
    used.fill(tensor, true);
  }
  return used;
}

void check_options(const Net& net, const FitOptions& o, int64_t rows) {
  require(rows > 0, "there are no rows to train on");
  require(rows < int64_t{1} << 31, "more than 2^31 - 1 rows");
  require(o.epochs > 0, "the number of epochs must be at least 1, not " + std::to_string(o.epochs));
  require(o.batch_size > 0, "the batch size must be at least 1, not " + std::to_string(o.batch_size));
  // They are floats where they are used.
  constexpr double kLargest = std::numeric_limits<float>::max();
  require(o.learning_rate <= kLargest && o.learning_rate > 0, "the learning rate must be positive and a finite float");
  require(o.validation_share >= 0 && o.validation_share < 1, "the validation share must be in [0, 1)");
  require(o.patience >= 0, "patience must be zero or positive");
  require(o.patience == 0 || o.validation_share > 0, "patience needs a validation share");
  require(o.threads > 0, "the number of threads must be at least 1");
  require(o.beta1 >= 0 && o.beta1 < 1 && o.beta2 >= 0 && o.beta2 < 1, "Adam's betas must be in [0, 1)");
  require(o.epsilon > 0 && o.epsilon <= kLargest, "Adam's epsilon must be positive and a finite float");
  require(o.momentum >= 0 && o.momentum < 1, "momentum must be in [0, 1)");
  require(o.weight_decay >= 0 && o.weight_decay <= kLargest, "weight decay must be zero or positive, and a finite float");
  require(o.weight_decay == 0 || o.optimizer == kAdamW, "weight decay is AdamW's");
  require(o.huber_delta > 0 && o.huber_delta <= kLargest, "Huber's delta must be positive and a finite float");
  require(o.optimizer >= kAdam && o.optimizer <= kSgd, "unknown optimizer");
  require(o.precision >= kFloat32 && o.precision <= kBfloat16, "unknown precision");
  require(o.precision == kFloat32 || o.device == kCuda, "a lower precision is for the GPU");
  require(o.schedule >= kConstant && o.schedule <= kLinear, "unknown schedule");
  require(o.loss != kCrossEntropy || net.outputs() >= 2, "cross-entropy needs at least two outputs");
}

namespace {

std::vector<uint32_t> shuffled(std::vector<uint32_t> order, const FitOptions& options, int64_t epoch) {
  Random(options.seed, Stream::kShuffle, static_cast<uint64_t>(epoch)).shuffle(order);
  return order;
}

// The first rows of an order that a curriculum has reached.
std::size_t reached(std::size_t rows, int64_t epoch, int64_t epochs) {
  constexpr double kFirst = 0.33;
  constexpr double kRoot = 10.0;
  const double least = std::pow(kFirst, kRoot);
  const double done = static_cast<double>(epoch - 1) / static_cast<double>(epochs);
  const double share = std::pow(least + (1.0 - least) * done, 1.0 / kRoot);
  return std::min(rows, static_cast<std::size_t>(std::ceil(share * static_cast<double>(rows))));
}

// Of the easiest rows alone, one after another until there are as many as in any epoch.
std::vector<uint32_t> easiest(const std::vector<uint32_t>& order, const FitOptions& options, int64_t epoch) {
  std::vector<uint32_t> some(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(reached(order.size(), epoch, options.epochs)));
  Random random(options.seed, Stream::kShuffle, static_cast<uint64_t>(epoch));
  std::vector<uint32_t> rows;
  rows.reserve(order.size());
  while (rows.size() < order.size()) {
    if (options.shuffle) {
      random.shuffle(some);
    }
    const std::size_t count = std::min(some.size(), order.size() - rows.size());
    rows.insert(rows.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return rows;
}

std::vector<uint32_t> all_rows(int64_t rows) {
  std::vector<uint32_t> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), 0U);
  return order;
}

}  // namespace

std::vector<uint32_t> epoch_order(int64_t rows, const FitOptions& options, int64_t epoch) {
  return options.shuffle ? shuffled(all_rows(rows), options, epoch) : all_rows(rows);
}

namespace {

// Steps on the CPU, by a team of threads.
class CpuEngine final : public Engine {
 public:
  /// before: the parameters as they are now, which stay there.
  CpuEngine(const Net& net, const Scope& scope, float* params, const float* before, const FitOptions& options,
            const LossSpec& loss, Rows& rows, int64_t batch, int64_t steps)
      : net_(net),
        scope_(scope),
        options_(options),
        params_(params),
        rows_(rows),
        optimized_(optimized(scope)),
        grads_(net.layout().extent()),
        moment1_(net.layout().extent()),
        moment2_(options.optimizer == kSgd ? 0 : net.layout().extent()),
        batch_(batch),
        schedule_{static_cast<Schedule>(options.schedule), options.learning_rate, steps} {
    // The spectral term looks at a whole batch.
    const int threads = scope.terms.spectral > 0.0 ? 1 : net.useful_threads(options.threads, batch_);
    team_ = std::make_unique<Team>(threads);
    pass_ = net.training({params, scope.trainable, loss, scope.terms, batch_, options.seed, *team_});
    segments_ = scope.segments;
    if (has_penalty(scope)) {
      for (Segment& segment : segments_) {
        segment.l2 = 0.0F;
      }
    }
    if (!scope.gates.tensors.empty()) {
      gates_ = std::make_unique<Gates>(scope, before);
      beside_.emplace_back(gates_->gate_layout(), gates_->gates(), gates_->gate_gradients());
    }
    if (!scope.adapters.empty()) {
      adapters_ = std::make_unique<Adapters>(scope, before);
      beside_.emplace_back(adapters_->layout(), adapters_->factors(), adapters_->gradients());
      for (const Scope::Adapter& adapter : scope.adapters) {
        optimized_.fill(net.layout().tensors()[adapter.tensor], false);
      }
    }
    load_ = [this](int64_t begin, int64_t end, float* x, float* y) { rows_.load(begin, end, x, y); };
  }

  double train(int64_t epoch, std::span<const uint32_t> order) override {
    rows_.begin(epoch, order, batch_);
    epoch_ = epoch;
    double sum = 0.0;
    for (std::size_t begin = 0; begin < order.size(); begin += static_cast<std::size_t>(batch_)) {
      choose();
      sum += step(batch_of(order, begin));
    }
    return sum;
  }

  double loss(std::span<const uint32_t> order) override {
    rows_.begin(0, order, batch_);
    double sum = 0.0;
    for (std::size_t begin = 0; begin < order.size(); begin += static_cast<std::size_t>(batch_)) {
      const std::span<const uint32_t> rows = batch_of(order, begin);
      rows_.next(rows);
      const BlasTurn turn(team_->size());
      sum += pass_->loss(load_, static_cast<int64_t>(rows.size()));
    }
    return sum;
  }

  void fetch() override {}

  BitMask moved() const override { return gates_ != nullptr ? gates_->moved() : scope_.trainable; }

 private:
  std::span<const uint32_t> batch_of(std::span<const uint32_t> order, std::size_t begin) const {
    return order.subspan(begin, std::min(static_cast<std::size_t>(batch_), order.size() - begin));
  }

  // A policy is looked for in the first half of the steps; in the others what it has chosen is learnt.
  void choose() {
    if (gates_ == nullptr || scope_.gates.budget < 0.0 || gates_->settled()) {
      return;
    }
    if (2 * step_ >= schedule_.steps) {
      gates_->settle();
      gates_->compose(params_, *team_);
    } else if (scope_.gates.drawn) {
      Random random(options_.seed, Stream::kPolicy, static_cast<uint64_t>(step_));
      gates_->draw(random);
      gates_->compose(params_, *team_);
    }
  }

  // Computes one batch's gradients and moves the parameters; returns the loss summed over the rows.
  double step(std::span<const uint32_t> rows) {
    rows_.next(rows);
    const BlasTurn turn(team_->size());
    const double loss = pass_->gradients(load_, static_cast<int64_t>(rows.size()), step_, grads_.data());
    if (has_penalty(scope_)) {
      add_penalty_gradient(scope_, params_, grads_.data(), *team_);
    }
    if (gates_ != nullptr) {
      gates_->backward(grads_.data(), epoch_, *team_);
      if (adapters_ != nullptr) {
        adapters_->backward(grads_.data(), *team_);
      }
      update(gates_->change());
      if (adapters_ != nullptr) {
        adapters_->multiply(gates_->change(), *team_);
      }
      gates_->compose(params_, *team_);
    } else if (adapters_ != nullptr) {
      adapters_->backward(grads_.data(), *team_);
      update(params_);
      adapters_->compose(params_, *team_);
    } else {
      update(params_);
    }
    return loss;
  }

  void update(float* moved) {
    const double rate = schedule_.rate(step_);
    ++step_;
    const StepBuffers buffers{moved, grads_.data(), moment1_.data(), moment2_.data(),
                              scope_.anchor.size() > 0 ? scope_.anchor.data() : nullptr};
    team_->run([&](int thread) {
      const Share own = share_of(net_.layout().extent(), thread, team_->size(), kWordBits);
      apply_step(rate, buffers, optimized_, segments_, own);
    });
    for (Beside& beside : beside_) {
      const Segment unpulled{0, beside.extent, 0.0F};
      apply_step(rate, {beside.values, beside.gradients, beside.moment1.data(), beside.moment2.data(), nullptr}, beside.all, {&unpulled, 1},
                 {0, beside.extent});
    }
  }

  void apply_step(double rate, const StepBuffers& buffers, const BitMask& mask, std::span<const Segment> segments,
                  Share own) const {
    if (options_.optimizer == kSgd) {
      const SgdStep sgd{static_cast<float>(rate), static_cast<float>(options_.momentum), step_ == 1};
      apply(sgd, buffers, mask, segments, own.begin, own.end);
    } else {
      const AdamStep adam(rate, options_.beta1, options_.beta2, options_.epsilon, options_.weight_decay, step_);
      apply(adam, buffers, mask, segments, own.begin, own.end);
    }
  }

  // What is optimised besides the network's own parameters.
  struct Beside {
    Beside(const Layout& layout, float* own, float* own_gradients)
        : extent(layout.extent()), values(own), gradients(own_gradients), moment1(extent), moment2(extent), all(used_by(layout)) {}
    int64_t extent;
    float* values;
    float* gradients;
    FloatBuffer moment1;
    FloatBuffer moment2;
    BitMask all;
  };

  const Net& net_;
  const Scope& scope_;
  const FitOptions& options_;
  float* params_;
  Rows& rows_;
  BitMask optimized_;
  std::vector<Segment> segments_;
  FloatBuffer grads_;
  FloatBuffer moment1_;
  FloatBuffer moment2_;
  int64_t batch_;
  RateSchedule schedule_;
  int64_t step_ = 0;
  std::unique_ptr<Team> team_;
  std::unique_ptr<Gates> gates_;        ///< null without
  int64_t epoch_ = 0;
  std::unique_ptr<Adapters> adapters_;  ///< likewise
  std::vector<Beside> beside_;          ///< the gates and the factors
  std::unique_ptr<TrainingPass> pass_;
  LoadRows load_;
};

// A fit in progress.
class Fit {
 public:
  Fit(const Net& net, const Scope& scope, float* params, const FitOptions& options, const LossSpec& loss, Rows& rows,
      std::unique_ptr<Engine> (*on_device)(const DeviceFit& fit))
      : net_(net), scope_(scope), options_(options), params_(params), before_(params, params + net.layout().extent()) {
    split(rows.count());
    const auto count = static_cast<int64_t>(order_.size());
    const int64_t batch = std::min(options.batch_size, count);
    const int64_t steps = options.epochs * ((count + batch - 1) / batch);
    if (options.device == kCuda) {
      require(scope.gates.tensors.empty() && scope.adapters.empty(), "gates and adapters are trained on the CPU: take the device cpu");
      engine_ = on_device({net, scope, params, options, loss, rows, batch, steps});
    } else {
      engine_ = std::make_unique<CpuEngine>(net, scope, params, before_.data(), options, loss, rows, batch, steps);
    }
  }

  FitResult run(FitListener* listener) {
    FitResult result;
    std::vector<float> best;
    double best_loss = std::numeric_limits<double>::infinity();
    for (int64_t epoch = 1; epoch <= options_.epochs; ++epoch) {
      const double train_loss = train_epoch(epoch);
      const double validation_loss = validation_.empty()
                                         ? std::numeric_limits<double>::quiet_NaN()
                                         : engine_->loss(validation_) / static_cast<double>(validation_.size());
      if (!std::isfinite(train_loss) || (!validation_.empty() && !std::isfinite(validation_loss))) {
        throw Error(kErrorDiverged, "the loss is no longer finite in epoch " + std::to_string(epoch) +
                                        "; lower the learning rate, or standardise the data");
      }
      result.epochs_run = epoch;
      if (validation_.empty()) {
        result.best_epoch = epoch;
      } else if (validation_loss < best_loss) {
        best_loss = validation_loss;
        result.best_epoch = epoch;
        engine_->fetch();
        best.assign(params_, params_ + net_.layout().extent());
      }
      if (listener != nullptr && !listener->on_epoch(epoch, train_loss, validation_loss)) {
        restore();
        result.cancelled = true;
        return result;
      }
      if (options_.patience > 0 && epoch - result.best_epoch >= options_.patience) {
        break;
      }
    }
    if (best.empty()) {
      engine_->fetch();
    } else {
      std::copy(best.begin(), best.end(), params_);
    }
    check_finite(net_.layout(), params_);
    // With the weights of an earlier epoch, layers may be from before their gate closed.
    const bool last_epoch = best.empty() || result.best_epoch == result.epochs_run;
    check_frozen(net_.layout(), last_epoch ? engine_->moved() : scope_.trainable, before_.data(), params_);
    if (scope_.frozen_zero) {
      check_frozen_zero(net_.layout(), scope_.trainable, params_, kErrorGuarantee,
                        "a pruned weight is not +0.0; please report it");
    }
    return result;
  }

  void restore() { std::copy(before_.begin(), before_.end(), params_); }

 private:
  static constexpr std::size_t kOrdersAheadFrom = 10'000;  // a thread costs as much as shuffling so many

  void split(int64_t rows) {
    order_ = all_rows(rows);
    if (options_.validation_share == 0) {
      return;
    }
    const auto held_out =
        std::max<int64_t>(1, std::llround(options_.validation_share * static_cast<double>(rows)));
    require(held_out < rows, "a validation share of " + std::to_string(options_.validation_share) + " of " +
                                 std::to_string(rows) + " rows leaves none to train on");
    Random(options_.seed, Stream::kSplit).shuffle(order_);
    validation_.assign(order_.end() - held_out, order_.end());
    order_.resize(order_.size() - static_cast<std::size_t>(held_out));
    // Each epoch's shuffle starts from here, so both parts are put in the data's own order first.
    std::sort(order_.begin(), order_.end());
    std::sort(validation_.begin(), validation_.end());
  }

  double train_epoch(int64_t epoch) {
    if (options_.curriculum) {
      epoch_order_ = easiest(order_, options_, epoch);
    } else if (options_.shuffle) {
      epoch_order_ = next_order(epoch);
    } else if (epoch == 1) {
      epoch_order_ = order_;
    }
    return engine_->train(epoch, epoch_order_) / static_cast<double>(epoch_order_.size());
  }

  // A GPU is done with an epoch of many rows before a processor has shuffled them, so its threads are orders ahead.
  std::vector<uint32_t> next_order(int64_t epoch) {
    if (options_.device == kCpu || order_.size() < kOrdersAheadFrom) {
      return shuffled(order_, options_, epoch);
    }
    // The first is this epoch's own.
    for (auto of = epoch + static_cast<int64_t>(ahead_.size()); of <= std::min(epoch + options_.threads, options_.epochs); ++of) {
      ahead_.push_back(std::async(std::launch::async, [this, of] { return shuffled(order_, options_, of); }));
    }
    std::vector<uint32_t> order = ahead_.front().get();
    ahead_.pop_front();
    return order;
  }

  const Net& net_;
  const Scope& scope_;
  const FitOptions& options_;
  float* params_;
  std::vector<float> before_;
  std::vector<uint32_t> order_;
  std::vector<uint32_t> validation_;
  std::vector<uint32_t> epoch_order_;
  std::unique_ptr<Engine> engine_;
  std::deque<std::future<std::vector<uint32_t>>> ahead_;  ///< of the epochs from the next on; its threads read what is above
};

}  // namespace

FitResult fit(const Net& net, const Scope& scope, float* params, const FitOptions& options, const LossSpec& loss,
              Rows& rows, FitListener* listener, std::unique_ptr<Engine> (*on_device)(const DeviceFit& fit)) {
  check_options(net, options, rows.count());
  if (scope.frozen_zero) {
    check_frozen_zero(net.layout(), scope.trainable, params, kErrorInvalidArgument,
                      "Allocate must start with every pruned weight at +0.0");
  }
  Fit run(net, scope, params, options, loss, rows, on_device);
  try {
    return run.run(listener);
  } catch (...) {
    run.restore();
    throw;
  }
}

}  // namespace pacnet
