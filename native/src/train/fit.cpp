#include "train/fit.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <numbers>
#include <numeric>
#include <string>
#include <vector>

#include "core/blas.h"
#include "core/error.h"
#include "core/random.h"
#include "core/team.h"
#include "optim/masked_step.h"
#include "train/guarantee.h"

namespace pacnet {

namespace {

// Below this much arithmetic a second thread costs more in waiting than it takes over.
constexpr double kFlopsPerThread = 4e6;
// Rows of one piece of a prediction: enough for full-speed products, little enough to stay in the cache.
constexpr int64_t kPredictRows = 256;

int useful_threads(int threads, double flops) {
  const double useful = std::min(static_cast<double>(std::min(threads, blas_callers())), flops / kFlopsPerThread);
  return std::max(1, static_cast<int>(useful));
}

void check_options(const Mlp& mlp, const FitOptions& o, int64_t rows) {
  require(rows > 0, "there are no rows to train on");
  require(rows < int64_t{1} << 31, "more than 2^31 - 1 rows");
  require(o.epochs > 0, "the number of epochs must be at least 1, not " + std::to_string(o.epochs));
  require(o.batch_size > 0, "the batch size must be at least 1, not " + std::to_string(o.batch_size));
  require(std::isfinite(o.learning_rate) && o.learning_rate > 0, "the learning rate must be positive and finite");
  require(std::isfinite(o.l2) && o.l2 >= 0, "lambda must be zero or positive, and finite");
  require(o.validation_share >= 0 && o.validation_share < 1, "the validation share must be in [0, 1)");
  require(o.patience >= 0, "patience must be zero or positive");
  require(o.patience == 0 || o.validation_share > 0, "patience needs a validation share");
  require(o.threads > 0, "the number of threads must be at least 1");
  require(o.beta1 >= 0 && o.beta1 < 1 && o.beta2 >= 0 && o.beta2 < 1, "Adam's betas must be in [0, 1)");
  require(o.epsilon > 0, "Adam's epsilon must be positive");
  require(o.momentum >= 0 && o.momentum < 1, "momentum must be in [0, 1)");
  require(o.weight_decay >= 0, "weight decay must be zero or positive");
  require(o.weight_decay == 0 || o.optimizer == kAdamW, "weight decay is AdamW's");
  require(o.huber_delta > 0, "Huber's delta must be positive");
  require(o.trainable >= kTrainAll && o.trainable <= kTrainPruned, "unknown trainable set");
  require(o.loss >= kMse && o.loss <= kCrossEntropy, "unknown loss");
  require(o.optimizer >= kAdam && o.optimizer <= kSgd, "unknown optimizer");
  require(o.schedule >= kConstant && o.schedule <= kLinear, "unknown schedule");
  require(o.loss != kCrossEntropy || mlp.outputs() >= 2, "cross-entropy needs at least two outputs");
}

void check_labels(const Mlp& mlp, const FitOptions& o, const float* y, int64_t rows) {
  if (o.loss != kCrossEntropy) {
    return;
  }
  for (int64_t r = 0; r < rows; ++r) {
    const bool valid = y[r] >= 0 && y[r] < static_cast<float>(mlp.outputs()) && y[r] == std::floor(y[r]);
    require(valid, "row " + std::to_string(r + 1) + ": class index " + std::to_string(y[r]) + " is not one of 0 to " +
                       std::to_string(mlp.outputs() - 1));
  }
}

double scheduled_rate(const FitOptions& o, int64_t step, int64_t steps) {
  const double progress = static_cast<double>(step) / static_cast<double>(steps);
  switch (o.schedule) {
    case kCosine:  // Loshchilov & Hutter 2017, one period without restart
      return o.learning_rate * 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
    case kLinear:
      return o.learning_rate * (1.0 - progress);
    default:
      return o.learning_rate;
  }
}

// One contiguous segment a tensor; the L2 pull is on what the phase trains, except a head of the target's own.
std::vector<Segment> segments_of(const Layout& layout, const FitOptions& o) {
  std::vector<Segment> segments;
  const auto& tensors = layout.tensors();
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    const bool own_head = o.train_head && t + 2 >= tensors.size();
    const int64_t end = t + 1 < tensors.size() ? tensors[t + 1].offset : layout.extent();
    segments.push_back({tensors[t].offset, end, own_head ? 0.0F : static_cast<float>(o.l2)});
  }
  return segments;
}

// A fit in progress.
class Fit {
 public:
  Fit(const Mlp& mlp, const BitMask& kept, float* params, const FitOptions& options, const float* x, const float* y,
      int64_t rows)
      : mlp_(mlp),
        options_(options),
        params_(params),
        x_(x),
        y_(y),
        label_width_(options.loss == kCrossEntropy ? 1 : mlp.outputs()),
        loss_{static_cast<Loss>(options.loss), options.huber_delta},
        before_(params, params + mlp.layout().extent()),
        trainable_(
            trainable_set(mlp.layout(), kept, static_cast<Trainable>(options.trainable), options.train_head)),
        segments_(segments_of(mlp.layout(), options)),
        grads_(mlp.layout().extent()),
        moment1_(mlp.layout().extent()),
        moment2_(options.optimizer == kSgd ? 0 : mlp.layout().extent()) {
    split(rows);
    batch_ = std::min(options.batch_size, static_cast<int64_t>(order_.size()));
    const int threads = useful_threads(options.threads, mlp.training_flops_per_row() * static_cast<double>(batch_));
    team_ = std::make_unique<Team>(threads);
    pass_ = std::make_unique<MlpPass>(mlp, batch_, true);
    labels_ = FloatBuffer(batch_ * label_width_);
    thread_losses_.resize(static_cast<std::size_t>(threads));
    steps_ = options.epochs * ((static_cast<int64_t>(order_.size()) + batch_ - 1) / batch_);
    team_->run([](int) { pin_blas_threads(); });
  }

  FitResult run(FitListener* listener) {
    FitResult result;
    std::vector<float> best;
    double best_loss = std::numeric_limits<double>::infinity();
    for (int64_t epoch = 1; epoch <= options_.epochs; ++epoch) {
      const double train_loss = train_epoch(epoch);
      const double validation_loss = validate();
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
        best.assign(params_, params_ + mlp_.layout().extent());
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
    if (!best.empty()) {
      std::copy(best.begin(), best.end(), params_);
    }
    check_finite(mlp_.layout(), params_);
    check_frozen(mlp_.layout(), trainable_, before_.data(), params_);
    if (options_.trainable == kTrainKept) {
      // Trainable rather than kept: a head trained in full has nothing pruned.
      check_pruned_zero(mlp_.layout(), trainable_, params_, kErrorGuarantee,
                        "a pruned weight is not +0.0; please report it");
    }
    return result;
  }

  void restore() { std::copy(before_.begin(), before_.end(), params_); }

 private:
  void split(int64_t rows) {
    order_.resize(static_cast<std::size_t>(rows));
    std::iota(order_.begin(), order_.end(), 0U);
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
    std::vector<uint32_t>& rows = epoch_order_;
    rows = order_;
    if (options_.shuffle) {
      Random(options_.seed, Stream::kShuffle, static_cast<uint64_t>(epoch)).shuffle(rows);
    }
    const auto count = static_cast<int64_t>(rows.size());
    double sum = 0.0;
    for (int64_t begin = 0; begin < count; begin += batch_) {
      sum += step(rows.data() + begin, std::min(batch_, count - begin));
    }
    return sum / static_cast<double>(count);
  }

  // Gathers one batch, computes the gradients and moves the parameters; returns the loss summed over the rows.
  double step(const uint32_t* rows, int64_t count) {
    const int threads = team_->size();
    const uint32_t dropout_key = mlp_.dropout() == 0
                                     ? 0
                                     : Random(options_.seed, Stream::kDropout, static_cast<uint64_t>(step_)).next() | 1U;
    team_->run([&](int thread) {
      const Share own = share_of(count, thread, threads);
      gather(rows, own.begin, own.end);
      double& loss = thread_losses_[static_cast<std::size_t>(thread)].value;
      loss = 0.0;
      if (own.begin < own.end) {
        pass_->forward(params_, own.begin, own.end, dropout_key);
        loss = pass_->loss_and_backward(params_, loss_, labels_.data() + own.begin * label_width_, own.begin, own.end,
                                        count, dropout_key);
      }
    });
    const bool with_bias = options_.trainable != kTrainPruned || options_.train_head;
    team_->run([&](int thread) { pass_->weight_gradients(count, with_bias, thread, threads, grads_.data()); });
    update();
    double sum = 0.0;
    for (const PaddedDouble& loss : thread_losses_) {
      sum += loss.value;
    }
    return sum;
  }

  void gather(const uint32_t* rows, int64_t begin, int64_t end) {
    const auto inputs = static_cast<std::size_t>(mlp_.inputs());
    const auto labels = static_cast<std::size_t>(label_width_);
    for (int64_t r = begin; r < end; ++r) {
      const auto to = static_cast<std::size_t>(r);
      const std::size_t from = rows[r];
      std::memcpy(pass_->input() + to * inputs, x_ + from * inputs, inputs * sizeof(float));
      std::memcpy(labels_.data() + to * labels, y_ + from * labels, labels * sizeof(float));
    }
  }

  void update() {
    const double rate = scheduled_rate(options_, step_, steps_);
    ++step_;
    const StepBuffers buffers{params_, grads_.data(), moment1_.data(), moment2_.data(),
                              options_.l2_to_start ? before_.data() : nullptr};
    team_->run([&](int thread) {
      const Share own = share_of(mlp_.layout().extent(), thread, team_->size(), kWordBits);
      if (options_.optimizer == kSgd) {
        const SgdStep sgd{static_cast<float>(rate), static_cast<float>(options_.momentum), step_ == 1};
        apply(sgd, buffers, trainable_, segments_, own.begin, own.end);
      } else {
        const AdamStep adam(rate, options_.beta1, options_.beta2, options_.epsilon, options_.weight_decay, step_);
        apply(adam, buffers, trainable_, segments_, own.begin, own.end);
      }
    });
  }

  double validate() {
    if (validation_.empty()) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    const auto count = static_cast<int64_t>(validation_.size());
    double sum = 0.0;
    for (int64_t begin = 0; begin < count; begin += batch_) {
      const int64_t rows = std::min(batch_, count - begin);
      gather(validation_.data() + begin, 0, rows);
      pass_->forward(params_, 0, rows, 0);
      sum += loss_sum(loss_, pass_->output(), labels_.data(), rows, mlp_.outputs(), 1.0F, nullptr);
    }
    return sum / static_cast<double>(count);
  }

  struct alignas(64) PaddedDouble {  // a cache line each, so that threads do not wait for each other's writes
    double value = 0.0;
  };

  const Mlp& mlp_;
  const FitOptions& options_;
  float* params_;
  const float* x_;
  const float* y_;
  int64_t label_width_;
  LossSpec loss_;
  std::vector<float> before_;
  BitMask trainable_;
  std::vector<Segment> segments_;
  FloatBuffer grads_;
  FloatBuffer moment1_;
  FloatBuffer moment2_;
  std::vector<uint32_t> order_;
  std::vector<uint32_t> validation_;
  std::vector<uint32_t> epoch_order_;
  int64_t batch_ = 0;
  int64_t steps_ = 0;
  int64_t step_ = 0;
  std::unique_ptr<Team> team_;
  std::unique_ptr<MlpPass> pass_;
  FloatBuffer labels_;
  std::vector<PaddedDouble> thread_losses_;
};

}  // namespace

FitResult fit(const Mlp& mlp, const BitMask& kept, float* params, const FitOptions& options, const float* x,
              const float* y, int64_t rows, FitListener* listener) {
  check_options(mlp, options, rows);
  check_labels(mlp, options, y, rows);
  if (options.trainable == kTrainKept) {
    check_pruned_zero(mlp.layout(), trainable_set(mlp.layout(), kept, kTrainKept, options.train_head), params,
                      kErrorInvalidArgument, "Allocate must start with every pruned weight at +0.0");
  }
  Fit run(mlp, kept, params, options, x, y, rows);
  try {
    return run.run(listener);
  } catch (...) {
    run.restore();
    throw;
  }
}

void predict(const Mlp& mlp, const float* params, const float* x, int64_t rows, float* out, int threads) {
  require(rows >= 0, "negative number of rows");
  require(threads > 0, "the number of threads must be at least 1");
  const double flops = mlp.training_flops_per_row() / 3.0 * static_cast<double>(rows);
  Team team(useful_threads(threads, flops));
  std::vector<MlpPass> passes;  // made here, since a thread of a team must not throw
  for (int thread = 0; thread < team.size(); ++thread) {
    passes.emplace_back(mlp, std::min(kPredictRows, rows), false);
  }
  team.run([&](int thread) {
    pin_blas_threads();
    const Share own = share_of(rows, thread, team.size(), kPredictRows);
    MlpPass& pass = passes[static_cast<std::size_t>(thread)];
    for (int64_t begin = own.begin; begin < own.end; begin += kPredictRows) {
      const int64_t count = std::min(kPredictRows, own.end - begin);
      std::memcpy(pass.input(), x + begin * mlp.inputs(), static_cast<std::size_t>(count * mlp.inputs()) * sizeof(float));
      pass.forward(params, 0, count, 0);
      std::memcpy(out + begin * mlp.outputs(), pass.output(),
                  static_cast<std::size_t>(count * mlp.outputs()) * sizeof(float));
    }
  });
}

}  // namespace pacnet
