#include "nn/autograd_training.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cstring>

#include "core/blas.h"
#include "core/error.h"
#include "core/omp.h"
#include "core/random.h"
#include "nn/form_pass.h"

namespace pacnet {

namespace {

class AutogradTraining final : public TrainingPass {
 public:
  AutogradTraining(const Net& net, const TrainingSetup& setup)
      : inputs_(net.inputs()),
        seed_(setup.seed),
        label_width_(label_width(setup.loss, net)),
        threads_(setup.team.size()),
        pass_(net, setup.params, setup.trainable, setup.loss, setup.terms, setup.terms.reference, at::kCPU, false),
        x_(setup.batch * inputs_),
        y_(setup.batch * label_width_) {
    pin_blas_threads();
  }

  double gradients(const LoadRows& load, int64_t rows, int64_t step, float* grads) override {
    load(0, rows, x_.data(), y_.data());
    Random random(seed_, Stream::kNormalise, static_cast<uint64_t>(step));
    pass_.tensors().random = &random;
    return pass_.gradients(x(rows), y(rows), grads).item<double>() * static_cast<double>(rows);
  }

  double loss(const LoadRows& load, int64_t rows) override {
    load(0, rows, x_.data(), y_.data());
    return pass_.loss(x(rows), y(rows)).item<double>() * static_cast<double>(rows);
  }

 private:
  at::Tensor x(int64_t rows) const { return tensor_at(x_.data(), {rows, inputs_}, at::kCPU); }
  at::Tensor y(int64_t rows) const { return tensor_at(y_.data(), {rows, label_width_}, at::kCPU); }

  int64_t inputs_;
  uint64_t seed_;
  int64_t label_width_;
  OmpThreads threads_;
  FormPass pass_;
  FloatBuffer x_;
  FloatBuffer y_;
};

// What ask(tensors, x) gives of so many rows at a time, [rows, width].
template <typename Ask>
void in_pieces(const Net& net, const float* params, const float* x, int64_t rows, int64_t piece, int64_t width, float* out, int threads,
               const Ask& ask) {
  const at::NoGradGuard no_gradients;
  const OmpThreads used(net.useful_threads(threads, rows));
  pin_blas_threads();
  FormTensors tensors = views_of(net.layout(), const_cast<float*>(params), at::kCPU);  // NOLINT: only read
  for (int64_t begin = 0; begin < rows; begin += piece) {
    const int64_t count = std::min(piece, rows - begin);
    const at::Tensor said = ask(tensors, tensor_at(x + begin * net.inputs(), {count, net.inputs()}, at::kCPU)).contiguous();
    std::memcpy(out + begin * width, said.const_data_ptr<float>(), static_cast<std::size_t>(count * width) * sizeof(float));
  }
}

}  // namespace

std::unique_ptr<TrainingPass> autograd_training(const Net& net, const TrainingSetup& setup) {
  return std::make_unique<AutogradTraining>(net, setup);
}

void autograd_features(const Net& net, const float* params, const float* x, int64_t rows, int64_t width, float* out, int threads) {
  constexpr int64_t kPiece = 64;
  in_pieces(net, params, x, rows, kPiece, width, out, threads, [&](FormTensors& tensors, const at::Tensor& some) {
    FormFeatures features;
    tensors.features = &features;
    net.run(tensors, some);
    // Of a differential equation layers are gone through again and again.
    const bool once = static_cast<int64_t>(features.layers.size()) + 1 == net.layout().layers();
    require(once && features.last.defined() && features.last.sizes() == at::IntArrayRef({some.size(0), width}),
            "the network does not show what its head is given");
    return features.last;
  });
}

void autograd_predict(const Net& net, const float* params, const float* x, int64_t rows, int64_t piece, float* out, int threads) {
  in_pieces(net, params, x, rows, piece, net.outputs(), out, threads,
            [&](const FormTensors& tensors, const at::Tensor& some) { return net.run(tensors, some); });
}

}  // namespace pacnet
