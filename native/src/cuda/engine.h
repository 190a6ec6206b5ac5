// A fit on a device: arena and moments stay there for the whole of it, the rows too where they fit, and a step is one launch of a
// graph that was captured once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "cuda/form_step.h"
#include "cuda/guarantee_kernels.h"
#include "cuda/mlp_step.h"
#include "train/engine.h"
#include "train/penalty.h"

namespace pacnet::cuda {

/// Device: cuda/gpu.h's Gpu, or the tests' on the host.
template <typename Device>
class DeviceEngine final : public Engine {
 public:
  template <typename... Arguments>
  explicit DeviceEngine(const DeviceFit& fit, Arguments&&... device)
      : scope_(fit.scope),
        host_(fit.params),
        options_(fit.options),
        rows_(fit.rows),
        batch_(fit.batch),
        inputs_(fit.net.inputs()),
        labels_(label_width(fit.loss, fit.net)),
        extent_(fit.net.layout().extent()),
        device_(std::forward<Arguments>(device)...),
        stream_(device_.stream()),
        resident_(fits(fit.rows, inputs_ + labels_)),
        room_(resident_ ? fit.rows.count() : fit.batch),
        x_(room_ * inputs_),
        y_(room_ * labels_),
        order_(room_),
        keys_(std::max<int64_t>(1, (fit.rows.count() + fit.batch - 1) / fit.batch)),
        param_(extent_),
        before_(extent_),
        grad_(extent_),
        moment1_(extent_),
        moment2_(fit.options.optimizer == kSgd ? 0 : extent_),
        anchor_(fit.scope.anchor.size() > 0 ? extent_ : 0),
        trainable_(extent_ / kWordBits),
        optimized_(extent_ / kWordBits),
        used_(extent_ / kWordBits),
        twice_l2_(extent_ / kWordBits),
        state_(1),
        loss_(1),
        breach_(1) {
    const auto current = device_.current();
    const float* anchor = anchor_.size() > 0 ? anchor_.data() : nullptr;
    const StepFit arrays{
        x_.data(),
        y_.data(),
        order_.data(),
        keys_.data(),
        {state_.data(), param_.data(), grad_.data(), moment1_.data(), moment2_.data(), anchor, optimized_.data(),
         twice_l2_.data(), extent_},
        loss_.data(),
        fit.options.optimizer != kSgd,
        AdvanceStep::of(fit.options, state_.data(), fit.steps)};
    upload(fit);
    make_step(fit, arrays, anchor);
  }

  double train(int64_t epoch, std::span<const uint32_t> order) override {
    const auto current = device_.current();
    begin(epoch, order);
    std::vector<uint32_t> keys;
    if (dropout_) {
      for (int64_t s = 0; s * batch_ < static_cast<int64_t>(order.size()); ++s) {
        keys.push_back(dropout_key(options_.seed, steps_ + s));
      }
      keys_.upload(keys.data(), static_cast<int64_t>(keys.size()), stream_);
    }
    by_batch(order, [this](int64_t rows) {
      train(rows);
      ++steps_;
    });
    return end();
  }

  double loss(std::span<const uint32_t> order) override {
    const auto current = device_.current();
    begin(0, order);
    by_batch(order, [this](int64_t rows) {
      const auto operations = device_.operations();
      step_->measure(rows);
    });
    return end();
  }

  void fetch() override {
    const unsigned long long none = kNone;
    breach_.upload(&none, 1, stream_);
    device_.run(
        FindBreach<Breach::kMoved>{before_.data(), param_.data(), trainable_.data(), used_.data(), extent_, breach_.data()},
        grid_for(extent_));
    unsigned long long first = kNone;
    breach_.download(&first, 1, stream_);
    param_.download(host_, extent_, stream_);
    device_.synchronize();
    if (first != kNone) {
      throw Error(kErrorGuarantee, "a frozen parameter moved on the GPU; please report it");
    }
  }

  BitMask moved() const override { return scope_.trainable; }

 private:
  template <typename T>
  using Buffer = typename Device::template Buffer<T>;

  // A step of so many rows: done once, so that LibTorch has made what it makes once, then captured, then replayed.
  struct Repeated {
    bool done = false;
    std::unique_ptr<typename Device::Graph> graph;
  };

  // Where batches wait for their way to the device.
  struct Waiting {
    Waiting(int64_t x_size, int64_t y_size) : x(x_size), y(y_size) {}
    typename Device::Pinned x;
    typename Device::Pinned y;
    typename Device::Event gone;
  };

  // Whether all rows fit on the device with room to spare for the rest of the fit.
  static bool fits(const Rows& rows, int64_t row_floats) {
    return rows.x() != nullptr && static_cast<std::size_t>(rows.count() * row_floats) * sizeof(float) < Device::free_bytes() / 2;
  }

  void make_step(const DeviceFit& fit, const StepFit& arrays, const float* anchor) {
    const auto* mlp = dynamic_cast<const Mlp*>(&fit.net);
    const Terms& terms = fit.scope.terms;
    const bool own_kernels = mlp != nullptr && !has_penalty(fit.scope) && !terms.any_features() && terms.spectral == 0.0 &&
                             terms.soft.strength == 0.0 && fit.options.precision != kBfloat16;
    const double dropout = mlp == nullptr ? 0.0 : mlp->dropout();
    dropout_ = dropout > 0;
    if (own_kernels) {
      step_ = std::make_unique<MlpStep<Device>>(*mlp, fit.loss, arrays, batch_, device_);
    } else {
      step_ = std::make_unique<FormStep<Device>>(fit.net, fit.scope, fit.loss, arrays, anchor, dropout, options_.seed,
                                                 fit.options.precision == kBfloat16, batch_, device_);
    }
  }

  void train(int64_t rows) {
    Repeated& step = rows == batch_ ? whole_ : rest_;
    if (step.graph == nullptr) {
      const auto operations = device_.operations();
      if (!step.done || !device_.captures() || !step_->repeats()) {
        step_->train(rows);
        step.done = true;
        return;
      }
      step.graph = device_.capture([&] { step_->train(rows); });
    }
    step.graph->launch(stream_);
  }

  void upload(const DeviceFit& fit) {
    std::vector<uint32_t> order;
    if (resident_) {
      x_.upload(fit.rows.x(), x_.size(), stream_);
      y_.upload(fit.rows.y(), y_.size(), stream_);
    } else {
      // Rows that are staged lie in the order that they come in.
      order.resize(static_cast<std::size_t>(room_));
      std::iota(order.begin(), order.end(), 0U);
      order_.upload(order.data(), order_.size(), stream_);
    }
    param_.upload(fit.params, extent_, stream_);
    before_.upload(fit.params, extent_, stream_);
    grad_.clear(stream_);
    moment1_.clear(stream_);
    if (moment2_.size() > 0) {
      moment2_.clear(stream_);
    }
    if (anchor_.size() > 0) {
      anchor_.upload(fit.scope.anchor.data(), extent_, stream_);
    }
    trainable_.upload(fit.scope.trainable.words(), trainable_.size(), stream_);
    const BitMask moved_by_steps = optimized(fit.scope);
    optimized_.upload(moved_by_steps.words(), optimized_.size(), stream_);
    const BitMask used = used_by(fit.net.layout());
    used_.upload(used.words(), used_.size(), stream_);
    const std::vector<float> twice_l2 = twice_pull(fit.scope);
    twice_l2_.upload(twice_l2.data(), twice_l2_.size(), stream_);
    const StepState start{};
    state_.upload(&start, 1, stream_);
    device_.synchronize();  // before what was uploaded goes
  }

  void begin(int64_t epoch, std::span<const uint32_t> order) {
    rows_.begin(epoch, order, batch_);
    if (resident_) {
      order_.upload(order.data(), static_cast<int64_t>(order.size()), stream_);
    }
    loss_.clear(stream_);
    device_.run(BeginEpoch{state_.data()}, {1, 1});
  }

  // body(rows) for each batch of the order, whose rows are on the device then.
  template <typename Body>
  void by_batch(std::span<const uint32_t> order, const Body& body) {
    const auto count = static_cast<int64_t>(order.size());
    for (int64_t first = 0; first < count; first += batch_) {
      const int64_t rows = std::min(batch_, count - first);
      if (!resident_) {
        stage(order.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(rows)));
      }
      body(rows);
    }
  }

  // The next batch, on its way while the one before it is still at work.
  void stage(std::span<const uint32_t> rows) {
    if (waiting_.size() < 2) {
      waiting_.emplace_back(batch_ * inputs_, batch_ * labels_);
    } else {
      waiting_.splice(waiting_.end(), waiting_, waiting_.begin());
    }
    Waiting& next = waiting_.back();
    next.gone.wait();
    const auto count = static_cast<int64_t>(rows.size());
    rows_.next(rows);
    rows_.load(0, count, next.x.data(), next.y.data());
    x_.upload(next.x.data(), count * inputs_, stream_);
    y_.upload(next.y.data(), count * labels_, stream_);
    next.gone.record(stream_);
    device_.run(FirstRow{state_.data()}, {1, 1});
  }

  // The only time in an epoch of resident rows that the host waits.
  double end() {
    double sum = 0.0;
    loss_.download(&sum, 1, stream_);
    device_.synchronize();
    return sum;
  }

  const Scope& scope_;
  float* host_;
  const FitOptions& options_;
  Rows& rows_;
  int64_t batch_;
  int64_t inputs_;
  int64_t labels_;
  int64_t extent_;
  int64_t steps_ = 0;
  bool dropout_ = false;
  Device device_;
  decltype(std::declval<Device&>().stream()) stream_;
  bool resident_;
  int64_t room_;  ///< rows
  Buffer<float> x_;
  Buffer<float> y_;
  Buffer<uint32_t> order_;
  Buffer<uint32_t> keys_;
  Buffer<float> param_;
  Buffer<float> before_;
  Buffer<float> grad_;
  Buffer<float> moment1_;
  Buffer<float> moment2_;
  Buffer<float> anchor_;
  Buffer<uint64_t> trainable_;
  Buffer<uint64_t> optimized_;
  Buffer<uint64_t> used_;
  Buffer<float> twice_l2_;
  Buffer<StepState> state_;
  Buffer<double> loss_;
  Buffer<unsigned long long> breach_;
  std::list<Waiting> waiting_;
  std::unique_ptr<Step> step_;
  Repeated whole_;
  Repeated rest_;
};

}  // namespace pacnet::cuda
