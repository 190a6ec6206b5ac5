// A perceptron's fit on the GPU: data, arena and moments stay there for the whole of it, and a step is one launch of a graph
// that was captured once.
#include <ATen/Context.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/mm.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "cuda/device.h"
#include "cuda/guarantee_kernels.h"
#include "cuda/mlp_step.h"
#include "cuda/status.h"
#include "train/engine.h"

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
  static void multiply(at::Tensor c, const at::Tensor& a, const at::Tensor& b) { at::mm_out(c, a, b); }
  at::Tensor matrix(const float* data, int64_t rows, int64_t cols) const {
    // from_blob takes no const; products write to c alone.
    return at::for_blob(const_cast<float*>(data), {rows, cols})  // NOLINT
        .options(at::TensorOptions().dtype(at::kFloat).device(device_))
        .target_device(device_)
        .make_tensor();
  }

  cudaStream_t stream_;
  at::Device device_;
  std::list<DeviceBuffer<float>> float_rooms_;
  std::list<DeviceBuffer<double>> double_rooms_;
};

// A step of so many rows, to be launched as one.
class Graph {
 public:
  template <typename Body>
  Graph(cudaStream_t stream, const Body& body) {
    cudaGraph_t captured = nullptr;
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    try {
      body();
    } catch (...) {
      cudaStreamEndCapture(stream, &captured);
      cudaGraphDestroy(captured);
      throw;
    }
    check(cudaStreamEndCapture(stream, &captured));
    const cudaError_t made = cudaGraphInstantiate(&graph_, captured, 0);
    cudaGraphDestroy(captured);
    check(made);
  }
  ~Graph() { cudaGraphExecDestroy(graph_); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  void launch(cudaStream_t stream) { check(cudaGraphLaunch(graph_, stream)); }

 private:
  cudaGraphExec_t graph_ = nullptr;
};

c10::Stream own_stream() {
  const Status found = status();
  if (!found.usable) {
    throw Error(kErrorDevice, found.words);
  }
  if (!at::hasCUDA()) {
    throw Error(kErrorDevice, "LibTorch's part for GPUs (libtorch_cuda) is not loaded: take the device cpu");
  }
  at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);
  const c10::impl::VirtualGuardImpl gpu(c10::DeviceType::CUDA);
  return gpu.getNewStream(gpu.getDevice());
}

class DeviceEngine final : public Engine {
 public:
  explicit DeviceEngine(const DeviceFit& fit)
      : scope_(fit.scope),
        host_(fit.params),
        options_(fit.options),
        batch_(fit.batch),
        extent_(fit.mlp.layout().extent()),
        torch_stream_(own_stream()),
        backend_(torch_stream_),
        stream_(backend_.stream()),
        x_(fit.rows * fit.mlp.inputs()),
        y_(fit.rows * label_width(fit.loss, fit.mlp)),
        order_(fit.rows),
        keys_(std::max<int64_t>(1, (fit.rows + fit.batch - 1) / fit.batch)),
        param_(extent_),
        before_(extent_),
        grad_(extent_),
        moment1_(extent_),
        moment2_(fit.options.optimizer == kSgd ? 0 : extent_),
        anchor_(fit.scope.anchor.size() > 0 ? extent_ : 0),
        trainable_(extent_ / kWordBits),
        used_(extent_ / kWordBits),
        twice_l2_(extent_ / kWordBits),
        state_(1),
        loss_(1),
        breach_(1) {
    const at::InferenceMode inference;
    const c10::StreamGuard guard(torch_stream_);
    upload(fit);
    const MlpFit arrays{
        x_.data(),
        y_.data(),
        order_.data(),
        keys_.data(),
        {state_.data(), param_.data(), grad_.data(), moment1_.data(), moment2_.data(),
         anchor_.size() > 0 ? anchor_.data() : nullptr, trainable_.data(), twice_l2_.data(), extent_},
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
    step_ = std::make_unique<MlpStep<DeviceBackend>>(fit.mlp, fit.loss, arrays, batch_, backend_);
    dropout_ = fit.mlp.dropout() > 0;
    // Outside a capture, so that the product library has its workspace before one.
    launch(BeginEpoch{state_.data()}, {1, 1}, stream_);
    step_->measure(batch_);
    check(cudaStreamSynchronize(stream_));
  }

  double train(int64_t /*epoch*/, std::span<const uint32_t> order) override {
    const at::InferenceMode inference;
    const c10::StreamGuard guard(torch_stream_);
    begin(order);
    const auto count = static_cast<int64_t>(order.size());
    const int64_t whole = count / batch_;
    const int64_t rest = count % batch_;
    if (dropout_) {
      std::vector<uint32_t> keys;
      for (int64_t s = 0; s < whole + (rest > 0 ? 1 : 0); ++s) {
        keys.push_back(dropout_key(options_.seed, steps_ + s));
      }
      keys_.upload(keys.data(), static_cast<int64_t>(keys.size()), stream_);
      check(cudaStreamSynchronize(stream_));  // before the keys go
    }
    steps_ += whole + (rest > 0 ? 1 : 0);
    if (batch_graph_ == nullptr) {
      batch_graph_ = std::make_unique<Graph>(stream_, [&] { step_->train(batch_); });
    }
    if (rest > 0 && rest_graph_ == nullptr) {
      rest_graph_ = std::make_unique<Graph>(stream_, [&] { step_->train(rest); });
    }
    for (int64_t s = 0; s < whole; ++s) {
      batch_graph_->launch(stream_);
    }
    if (rest > 0) {
      rest_graph_->launch(stream_);
    }
    return end();
  }

  double loss(std::span<const uint32_t> order) override {
    const at::InferenceMode inference;
    const c10::StreamGuard guard(torch_stream_);
    begin(order);
    const auto count = static_cast<int64_t>(order.size());
    for (int64_t first = 0; first < count; first += batch_) {
      step_->measure(std::min(batch_, count - first));
    }
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
  void upload(const DeviceFit& fit) {
    x_.upload(fit.x, x_.size(), stream_);
    y_.upload(fit.y, y_.size(), stream_);
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
    BitMask used(fit.mlp.layout());
    for (const Tensor& tensor : fit.mlp.layout().tensors()) {
      used.fill(tensor, true);
    }
    used_.upload(used.words(), used_.size(), stream_);
    std::vector<float> twice_l2(static_cast<std::size_t>(twice_l2_.size()), 0.0F);
    for (const Segment& segment : fit.scope.segments) {
      std::fill(twice_l2.begin() + segment.begin / kWordBits, twice_l2.begin() + segment.end / kWordBits,
                2.0F * segment.l2);
    }
    twice_l2_.upload(twice_l2.data(), twice_l2_.size(), stream_);
    const StepState start{};
    state_.upload(&start, 1, stream_);
    loss_.clear(stream_);
    std::vector<uint32_t> order(static_cast<std::size_t>(order_.size()));
    for (std::size_t r = 0; r < order.size(); ++r) {
      order[r] = static_cast<uint32_t>(r);
    }
    order_.upload(order.data(), order_.size(), stream_);
    check(cudaStreamSynchronize(stream_));  // before what was uploaded goes
  }

  void begin(std::span<const uint32_t> order) {
    order_.upload(order.data(), static_cast<int64_t>(order.size()), stream_);
    loss_.clear(stream_);
    launch(BeginEpoch{state_.data()}, {1, 1}, stream_);
  }

  // The only time in an epoch that the host waits.
  double end() {
    double sum = 0.0;
    loss_.download(&sum, 1, stream_);
    check(cudaStreamSynchronize(stream_));
    return sum;
  }

  const Scope& scope_;
  float* host_;
  const FitOptions& options_;
  int64_t batch_;
  int64_t extent_;
  int64_t steps_ = 0;
  bool dropout_ = false;
  c10::Stream torch_stream_;
  DeviceBackend backend_;
  cudaStream_t stream_;
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
  DeviceBuffer<uint64_t> used_;
  DeviceBuffer<float> twice_l2_;
  DeviceBuffer<StepState> state_;
  DeviceBuffer<double> loss_;
  DeviceBuffer<unsigned long long> breach_;
  std::unique_ptr<MlpStep<DeviceBackend>> step_;
  std::unique_ptr<Graph> batch_graph_;
  std::unique_ptr<Graph> rest_graph_;
};

}  // namespace

}  // namespace cuda

std::unique_ptr<Engine> device_engine(const DeviceFit& fit) { return std::make_unique<cuda::DeviceEngine>(fit); }

}  // namespace pacnet
