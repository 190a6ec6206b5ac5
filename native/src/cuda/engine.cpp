// A fit on the GPU: arena and moments stay there for the whole of it, the rows too where they fit, and a step is one launch of
// a graph that was captured once.
#include <ATen/Context.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/mm.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <list>
#include <memory>
#include <numeric>
#include <span>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "cuda/device.h"
#include "cuda/form_step.h"
#include "cuda/graph.h"
#include "cuda/guarantee_kernels.h"
#include "cuda/mlp_step.h"
#include "cuda/status.h"
#include "nn/tensor_form.h"
#include "train/engine.h"
#include "train/penalty.h"

namespace pacnet {

namespace cuda {

namespace {

// Kernels on a stream; products by what LibTorch has for the GPU, which runs on the stream that is current.
class DeviceBackend {
 public:
  explicit DeviceBackend(c10::Stream stream)
      : stream_(static_cast<cudaStream_t>(stream.native_handle())), device_(stream.device()) {}

  float* floats(int64_t count) { return float_rooms_.emplace_back(count).data(); }
  double* doubles(int64_t count) { return double_rooms_.emplace_back(count).data(); }
  cudaStream_t stream() const { return stream_; }
  at::Device device() const { return device_; }

  template <typename Kernel>
  void run(const Kernel& kernel, Grid grid) {
    launch(kernel, grid, stream_);
  }
  void product_nt(int64_t rows, int64_t cols, int64_t inner, const float* a, const float* b, float* c) {
    multiply(matrix(c, rows, cols), matrix(a, rows, inner), matrix(b, cols, inner).t());
  }
  void product_nn(int64_t rows, int64_t cols, int64_t inner, const float* a, const float* b, float* c) {
    multiply(matrix(c, rows, cols), matrix(a, rows, inner), matrix(b, inner, cols));
  }
  void product_tn(int64_t rows, int64_t cols, int64_t inner, const float* a, const float* b, float* c) {
    multiply(matrix(c, rows, cols), matrix(a, inner, rows).t(), matrix(b, inner, cols));
  }

 private:
  static void multiply(at::Tensor c, const at::Tensor& a, const at::Tensor& b) {
    const at::NoGradGuard no_gradients;
    at::mm_out(c, a, b);
  }
  at::Tensor matrix(const float* data, int64_t rows, int64_t cols) const {
    return tensor_at(data, {rows, cols}, device_);
  }

  cudaStream_t stream_;
  at::Device device_;
  std::list<DeviceBuffer<float>> float_rooms_;
  std::list<DeviceBuffer<double>> double_rooms_;
};

c10::Stream own_stream() {
  const Status found = status();
  if (!found.usable) {
    throw Error(kErrorDevice, found.words);
  }
  at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);
  const c10::impl::VirtualGuardImpl gpu(c10::DeviceType::CUDA);
  return gpu.getNewStream(gpu.getDevice());
}

// Whether products may round their inputs to TensorFloat-32, while this lives. LibTorch lets convolutions do so unless told
// otherwise. It is one setting for the whole process.
class TensorFloat32 {
 public:
  explicit TensorFloat32(bool wanted)
      : products_(at::globalContext().allowTF32CuBLAS()), convolutions_(at::globalContext().allowTF32CuDNN()) {
    set(wanted, wanted);
  }
  ~TensorFloat32() { set(products_, convolutions_); }
  TensorFloat32(const TensorFloat32&) = delete;
  TensorFloat32& operator=(const TensorFloat32&) = delete;

 private:
  static void set(bool products, bool convolutions) {
    at::globalContext().setAllowTF32CuBLAS(products);
    at::globalContext().setAllowTF32CuDNN(convolutions);
  }
  bool products_;
  bool convolutions_;
};

// Whether all rows fit on the device with room to spare for the rest of the fit.
bool resident(const DeviceFit& fit, int64_t row_floats) {
  std::size_t free = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&free, &total));
  return fit.rows.x() != nullptr && static_cast<std::size_t>(fit.rows.count() * row_floats) * sizeof(float) < free / 2;
}

class DeviceEngine final : public Engine {
 public:
  explicit DeviceEngine(const DeviceFit& fit)
      : scope_(fit.scope),
        host_(fit.params),
        options_(fit.options),
        rows_(fit.rows),
        batch_(fit.batch),
        inputs_(fit.net.inputs()),
        labels_(label_width(fit.loss, fit.net)),
        extent_(fit.net.layout().extent()),
        torch_stream_(own_stream()),
        backend_(torch_stream_),
        stream_(backend_.stream()),
        resident_(resident(fit, inputs_ + labels_)),
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
    const Current current(*this);
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
        {state_.data(),
         {static_cast<Schedule>(fit.options.schedule), fit.options.learning_rate, fit.steps},
         fit.options.beta1,
         fit.options.beta2,
         fit.options.epsilon,
         fit.options.weight_decay,
         fit.options.momentum,
         0}};
    upload(fit);
    make_step(fit, arrays, anchor);
    if (step_->repeats()) {
      // Outside a capture, so that LibTorch has made what it makes once; and then as if it had not been.
      step_->train(batch_);
      step_->measure(batch_);
      check(cudaStreamSynchronize(stream_));
      upload(fit);
      pool_ = CapturePool::make();
    }
  }

  double train(int64_t epoch, std::span<const uint32_t> order) override {
    const Current current(*this);
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
    const Current current(*this);
    begin(0, order);
    by_batch(order, [this](int64_t rows) { step_->measure(rows); });
    return end();
  }

  void fetch() override {
    const unsigned long long none = kNone;
    breach_.upload(&none, 1, stream_);
    launch(FindBreach<Breach::kMoved>{before_.data(), param_.data(), trainable_.data(), used_.data(), extent_, breach_.data()},
           grid_for(extent_), stream_);
    unsigned long long first = kNone;
    breach_.download(&first, 1, stream_);
    param_.download(host_, extent_, stream_);
    check(cudaStreamSynchronize(stream_));
    if (first != kNone) {
      throw Error(kErrorGuarantee, "a frozen parameter moved on the GPU; please report it");
    }
  }

  BitMask moved() const override { return scope_.trainable; }

 private:
  // What holds while this engine is at work.
  struct Current {
    explicit Current(const DeviceEngine& engine)
        : stream(engine.torch_stream_), rounded(engine.options_.precision == kTensorFloat32) {}
    c10::StreamGuard stream;
    TensorFloat32 rounded;
  };

  // Where batches wait for their way to the device.
  struct Waiting {
    Waiting(int64_t x_size, int64_t y_size) : x(x_size), y(y_size) {}
    PinnedBuffer x;
    PinnedBuffer y;
    Event gone;
  };

  void make_step(const DeviceFit& fit, const StepFit& arrays, const float* anchor) {
    const auto* mlp = dynamic_cast<const Mlp*>(&fit.net);
    const Terms& terms = fit.scope.terms;
    const bool own_kernels = mlp != nullptr && !has_penalty(fit.scope) && !terms.any_features() && terms.spectral == 0.0 &&
                             terms.soft.strength == 0.0 && fit.options.precision != kBfloat16;
    const double dropout = mlp == nullptr ? 0.0 : mlp->dropout();
    dropout_ = dropout > 0;
    if (own_kernels) {
      step_ = std::make_unique<MlpStep<DeviceBackend>>(*mlp, fit.loss, arrays, batch_, backend_);
    } else {
      step_ = std::make_unique<FormStep<DeviceBackend>>(fit.net, fit.scope, fit.loss, arrays, anchor, dropout, options_.seed,
                                                        fit.options.precision == kBfloat16, batch_, backend_);
    }
  }

  void train(int64_t rows) {
    if (pool_ == nullptr) {
      step_->train(rows);
      return;
    }
    std::unique_ptr<Graph>& graph = rows == batch_ ? batch_graph_ : rest_graph_;
    if (graph == nullptr) {
      graph = std::make_unique<Graph>(stream_, *pool_, [&] { step_->train(rows); });
    }
    graph->launch(stream_);
  }

  void upload(const DeviceFit& fit) {
    std::vector<uint32_t> order(static_cast<std::size_t>(room_));
    std::iota(order.begin(), order.end(), 0U);
    if (resident_) {
      x_.upload(fit.rows.x(), x_.size(), stream_);
      y_.upload(fit.rows.y(), y_.size(), stream_);
    } else {
      x_.clear(stream_);
      y_.clear(stream_);
    }
    order_.upload(order.data(), order_.size(), stream_);
    keys_.clear(stream_);
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
    BitMask used(fit.net.layout());
    for (const Tensor& tensor : fit.net.layout().tensors()) {
      used.fill(tensor, true);
    }
    used_.upload(used.words(), used_.size(), stream_);
    std::vector<float> twice_l2(static_cast<std::size_t>(twice_l2_.size()), 0.0F);
    for (const Segment& segment : fit.scope.segments) {
      // A penalty of its own has the pull in its gradient.
      std::fill(twice_l2.begin() + segment.begin / kWordBits, twice_l2.begin() + segment.end / kWordBits,
                has_penalty(fit.scope) ? 0.0F : 2.0F * segment.l2);
    }
    twice_l2_.upload(twice_l2.data(), twice_l2_.size(), stream_);
    const StepState start{};
    state_.upload(&start, 1, stream_);
    loss_.clear(stream_);
    check(cudaStreamSynchronize(stream_));  // before what was uploaded goes
  }

  void begin(int64_t epoch, std::span<const uint32_t> order) {
    rows_.begin(epoch, order, batch_);
    if (resident_) {
      order_.upload(order.data(), static_cast<int64_t>(order.size()), stream_);
    }
    loss_.clear(stream_);
    launch(BeginEpoch{state_.data()}, {1, 1}, stream_);
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
    launch(FirstRow{state_.data()}, {1, 1}, stream_);
  }

  // The only time in an epoch of resident rows that the host waits.
  double end() {
    double sum = 0.0;
    loss_.download(&sum, 1, stream_);
    check(cudaStreamSynchronize(stream_));
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
  c10::Stream torch_stream_;
  DeviceBackend backend_;
  cudaStream_t stream_;
  bool resident_;
  int64_t room_;  ///< rows
  DeviceBuffer<float> x_;
  DeviceBuffer<float> y_;
  DeviceBuffer<uint32_t> order_;
  DeviceBuffer<uint32_t> keys_;
  DeviceBuffer<float> param_;
  DeviceBuffer<float> before_;
  DeviceBuffer<float> grad_;
  DeviceBuffer<float> moment1_;
  DeviceBuffer<float> moment2_;
  DeviceBuffer<float> anchor_;
  DeviceBuffer<uint64_t> trainable_;
  DeviceBuffer<uint64_t> optimized_;
  DeviceBuffer<uint64_t> used_;
  DeviceBuffer<float> twice_l2_;
  DeviceBuffer<StepState> state_;
  DeviceBuffer<double> loss_;
  DeviceBuffer<unsigned long long> breach_;
  std::list<Waiting> waiting_;
  std::unique_ptr<CapturePool> pool_;  ///< null: steps are put on the stream one operation at a time
  std::unique_ptr<Step> step_;
  std::unique_ptr<Graph> batch_graph_;
  std::unique_ptr<Graph> rest_graph_;
};

}  // namespace

}  // namespace cuda

std::unique_ptr<Engine> device_engine(const DeviceFit& fit) { return std::make_unique<cuda::DeviceEngine>(fit); }

}  // namespace pacnet
