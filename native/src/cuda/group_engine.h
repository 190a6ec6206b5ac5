// Many perceptrons of one shape on a device: their arenas lie one behind the other, and a step of all is one launch of a graph.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <utility>
#include <vector>

#include "core/error.h"
#include "cuda/grouped_kernels.h"
#include "train/engine.h"
#include "train/many.h"

namespace pacnet::cuda {

/// Device: as DeviceEngine's.
template <typename Device>
class DeviceGroup final : public GroupEngine {
 public:
  template <typename... Arguments>
  explicit DeviceGroup(const GroupFit& fit, Arguments&&... device)
      : net_(fit.net),
        loss_(fit.loss),
        adam_(fit.options.optimizer != kSgd),
        count_(static_cast<int64_t>(fit.rows.size())),
        batch_(std::min(fit.options.batch_size, *std::max_element(fit.rows.begin(), fit.rows.end()))),
        extent_(fit.net.layout().extent()),
        labels_width_(label_width(fit.loss, fit.net)),
        device_(std::forward<Arguments>(device)...),
        stream_(device_.stream()),
        members_(count_),
        states_(count_),
        losses_(fit.epochs * count_),
        trainable_(extent_ / kWordBits),
        optimized_(extent_ / kWordBits),
        used_(extent_ / kWordBits),
        twice_l2_(extent_ / kWordBits),
        breaches_(count_) {
    const auto current = device_.current();
    group_ = {members_.data(), states_.data(), count_, batch_, 0, 0};
    upload(fit);
    for (int64_t l = 0; l <= net_.layers(); ++l) {
      const int64_t size = count_ * batch_ * net_.width(l);
      const bool keeps_slope = l > 0 && l < net_.layers() && !shares_output(net_.activation(), 0.0);
      activations_.push_back(floats(size));
      saved_.push_back(keeps_slope ? floats(size) : activations_.back());
      gradients_.push_back(l > 0 ? floats(size) : nullptr);
    }
    labels_ = floats(count_ * batch_ * labels_width_);
    begin_ = AdvanceStep::of(fit.options, nullptr, 0);  // both are each member's own
  }

  void train(int64_t epochs, const std::vector<uint32_t>& orders, double* losses) override {
    const auto current = device_.current();
    // Each call has its epochs from the beginning of the room for them.
    device_.run(FirstEpoch{group_}, grid_for(count_));
    orders_->upload(orders.data(), static_cast<int64_t>(orders.size()), stream_);
    for (int64_t turn = 0; turn < epochs * group_.turns; ++turn) {
      // The first one as it is: a kernel is loaded when it is launched for the first time.
      if (graph_ == nullptr && begun_ && device_.captures()) {
        graph_ = device_.capture([this] { step(); });
      }
      if (graph_ != nullptr) {
        graph_->launch(stream_);
      } else {
        step();
      }
      begun_ = true;
    }
    losses_.download(losses, epochs * count_, stream_);
    device_.synchronize();
  }

  void fetch(float* arenas) override {
    const auto current = device_.current();
    std::vector<unsigned long long> first(static_cast<std::size_t>(count_), kNone);
    breaches_.upload(first.data(), count_, stream_);
    const GroupBreach<Breach::kMoved> moved{
        count_, {before_->data(), param_->data(), trainable_.data(), used_.data(), extent_, breaches_.data()}};
    device_.run(moved, moved.grid());
    breaches_.download(first.data(), count_, stream_);
    param_->download(arenas, count_ * extent_, stream_);
    device_.synchronize();
    if (std::any_of(first.begin(), first.end(), [](unsigned long long at) { return at != kNone; })) {
      throw Error(kErrorGuarantee, "a frozen parameter moved on the GPU; please report it");
    }
  }

 private:
  template <typename T>
  using Buffer = typename Device::template Buffer<T>;

  Buffer<float>* buffer(int64_t count) { return &rooms_.emplace_back(count); }
  float* floats(int64_t count) { return buffer(count)->data(); }

  void upload(const GroupFit& fit) {
    std::vector<GroupMember> members;
    int64_t rows = 0;
    for (const int64_t own : fit.rows) {
      const int64_t turns = (own + batch_ - 1) / batch_;
      members.push_back({rows, own, rows, fit.options.epochs * turns});
      group_.turns = std::max(group_.turns, turns);
      rows += own;
    }
    group_.orders = rows;
    members_.upload(members.data(), count_, stream_);
    const std::vector<MemberState> states(static_cast<std::size_t>(count_));
    states_.upload(states.data(), count_, stream_);
    Buffer<float>* x = buffer(rows * net_.inputs());
    Buffer<float>* y = buffer(rows * labels_width_);
    x->upload(fit.x, x->size(), stream_);
    y->upload(fit.y, y->size(), stream_);
    x_ = x->data();
    y_ = y->data();
    orders_ = std::make_unique<Buffer<uint32_t>>(fit.epochs * rows);

    before_ = buffer(extent_);
    before_->upload(fit.start, extent_, stream_);
    std::vector<float> starts(static_cast<std::size_t>(count_ * extent_));
    for (int64_t m = 0; m < count_; ++m) {
      std::copy_n(fit.start, extent_, starts.begin() + m * extent_);
    }
    param_ = buffer(count_ * extent_);
    param_->upload(starts.data(), count_ * extent_, stream_);
    Buffer<float>* grad = buffer(count_ * extent_);
    Buffer<float>* moment1 = buffer(count_ * extent_);
    Buffer<float>* moment2 = buffer(adam_ ? count_ * extent_ : 0);
    grad->clear(stream_);
    moment1->clear(stream_);
    if (adam_) {
      moment2->clear(stream_);
    }
    Buffer<float>* anchor = nullptr;
    if (fit.scope.anchor.size() > 0) {
      anchor = buffer(extent_);
      anchor->upload(fit.scope.anchor.data(), extent_, stream_);
    }
    trainable_.upload(fit.scope.trainable.words(), trainable_.size(), stream_);
    const BitMask moved_by_steps = optimized(fit.scope);
    optimized_.upload(moved_by_steps.words(), optimized_.size(), stream_);
    const BitMask used = used_by(fit.net.layout());
    used_.upload(used.words(), used_.size(), stream_);
    const std::vector<float> twice_l2 = twice_pull(fit.scope);
    twice_l2_.upload(twice_l2.data(), twice_l2_.size(), stream_);
    arrays_ = {nullptr, param_->data(), grad->data(), moment1->data(), moment2->data(),
               anchor == nullptr ? nullptr : anchor->data(), optimized_.data(), twice_l2_.data(), extent_};
    device_.synchronize();  // before what was uploaded goes
  }

  template <typename Kernel>
  void run(const Kernel& kernel) {
    device_.run(kernel, kernel.grid());
  }

  void step() {
    device_.run(BeginTurn{group_, begin_, losses_.data()}, grid_for(count_));
    run(GatherGroup{group_, x_, y_, orders_->data(), activations_.front(), labels_, net_.inputs(), labels_width_});
    for (int64_t l = 0; l < net_.layers(); ++l) {
      if (l + 1 == net_.layers()) {
        forward<Linear>(l);
      } else {
        with_activation([&]<typename F>(F) { forward<F>(l); });
      }
    }
    loss();
    for (int64_t l = net_.layers() - 1; l >= 0; --l) {
      const int64_t in = net_.width(l);
      const int64_t out = net_.width(l + 1);
      const Matrices delta = rows_of(gradients_, l + 1);
      run(GroupProduct<Product::kWeights, LayerGradients>{
          group_, delta, rows_of(activations_, l), out, in, 0,
          {arrays_.grad + net_.weight(l).offset, arrays_.grad + net_.bias(l).offset, extent_, in}});
      if (l > 0) {
        with_activation([&]<typename F>(F) {
          run(GroupProduct<Product::kBackward, Sloped<F>>{
              group_, delta, weights(l), batch_, in, out, {saved_[index(l)], gradients_[index(l)], batch_ * in, in}});
        });
      }
    }
    if (adam_) {
      run(GroupStep<true>{group_, arrays_});
    } else {
      run(GroupStep<false>{group_, arrays_});
    }
  }

  template <typename F>
  void forward(int64_t l) {
    const int64_t width = net_.width(l + 1);
    run(GroupProduct<Product::kForward, Activated<F>>{
        group_, rows_of(activations_, l), weights(l), batch_, width, net_.width(l),
        {arrays_.param + net_.bias(l).offset, extent_, saved_[index(l + 1)], activations_[index(l + 1)], batch_ * width, width}});
  }

  void loss() {
    const float* out = activations_.back();
    float* grad = gradients_.back();
    const int64_t outputs = net_.outputs();
    const Labels labels = labels_at(labels_, loss_, outputs);
    if (loss_.kind == kCrossEntropy) {
      run(GroupLoss<ClassRows>{group_, {out, labels, grad, outputs}, 1.0, losses_.data()});
    } else {
      by_error(loss_, [&]<typename Error>(Error error) {
        run(GroupLoss<ElementRows<Error>>{
            group_, {error, out, labels, grad, outputs}, 1.0 / static_cast<double>(outputs), losses_.data()});
      });
    }
  }

  template <typename Body>
  void with_activation(const Body& body) {
    by_activation(net_.activation(), body);
  }

  static std::size_t index(int64_t layer) { return static_cast<std::size_t>(layer); }
  Matrices rows_of(const std::vector<float*>& layers, int64_t layer) const {
    return {layers[index(layer)], batch_ * net_.width(layer), net_.width(layer)};
  }
  Matrices weights(int64_t layer) const { return {arrays_.param + net_.weight(layer).offset, extent_, net_.width(layer)}; }

  const Mlp& net_;
  LossSpec loss_;
  bool adam_;
  int64_t count_;
  int64_t batch_;
  int64_t extent_;
  int64_t labels_width_;
  Device device_;
  decltype(std::declval<Device&>().stream()) stream_;
  Buffer<GroupMember> members_;
  Buffer<MemberState> states_;
  Buffer<double> losses_;
  Buffer<uint64_t> trainable_;
  Buffer<uint64_t> optimized_;
  Buffer<uint64_t> used_;
  Buffer<float> twice_l2_;
  Buffer<unsigned long long> breaches_;
  std::list<Buffer<float>> rooms_;
  std::unique_ptr<Buffer<uint32_t>> orders_;
  Buffer<float>* before_ = nullptr;
  Buffer<float>* param_ = nullptr;
  const float* x_ = nullptr;
  const float* y_ = nullptr;
  GroupSpec group_{};
  StepArrays arrays_{};
  AdvanceStep begin_{};
  std::vector<float*> activations_;  ///< [l]: behind l layers, [members, batch, width]
  std::vector<float*> saved_;        ///< [l]: what layer l's activation keeps for its way back
  std::vector<float*> gradients_;    ///< [l]: of layer l's product
  float* labels_ = nullptr;
  bool begun_ = false;
  std::unique_ptr<typename Device::Graph> graph_;
};

}  // namespace pacnet::cuda
