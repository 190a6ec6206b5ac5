// GaussianProcess of pacnet.h on the core's parts: checks arguments, standardises y, turns errors into one type.

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "core/blas.h"
#include "core/error.h"
#include "core/omp.h"
#include "core/simd.h"
#include "gp/gaussian_process.h"
#include "pacnet/pacnet.h"

namespace pacnet {

namespace {

constexpr int64_t kMostRows = 5000;
constexpr int64_t kPredictRows = 1024;

at::Tensor in_double(const float* values, at::IntArrayRef shape) {
  return at::from_blob(const_cast<float*>(values), shape, at::kFloat).to(at::kDouble);
}

}  // namespace

struct GaussianProcess::Impl {
  Impl(const float* x, int64_t x_count, const float* o, int64_t o_count, const float* y, const float* weights,
       const int* groups, int64_t rows, const float* given, int64_t given_count, int threads) {
    isa();  // before LibTorch chooses for itself
    const at::NoGradGuard no_gradients;
    pin_blas_threads();
    require(threads > 0, "the number of threads must be at least 1");
    require(rows > 0 && x_count > 0 && x_count % rows == 0, "x does not have so many rows");
    require(rows <= kMostRows, "a Gaussian process of " + std::to_string(rows) + " rows is too large; give at most " +
                                   std::to_string(kMostRows));
    require(o == nullptr || (o_count > 0 && o_count % rows == 0), "o does not have so many rows");
    RowFacts facts;
    facts.weights.assign(weights, weights == nullptr ? nullptr : weights + rows);
    facts.groups.assign(groups, groups == nullptr ? nullptr : groups + rows);
    grouped = groups != nullptr;
    for (const double weight : facts.weights) {
      require(weight > 0 && std::isfinite(weight), "a row's weight must be positive, not " + std::to_string(weight));
    }
    inputs = x_count / rows;
    outputs = o == nullptr ? 0 : o_count / rows;
    at::Tensor labels = in_double(y, {rows});
    const at::Tensor features = in_double(x, {rows, inputs});
    if (outputs == 0) {
      mean = labels.mean().item<double>();
      deviation = std::sqrt((labels - mean).square().mean().item<double>());
      if (deviation == 0.0) {
        deviation = 1.0;
      }
      labels = (labels - mean) / deviation;
    }
    process = std::make_unique<GaussianRegression>(features, linear(features, o), prior(), labels, std::move(facts), threads);
    const OmpThreads used(process->threads());
    if (given == nullptr) {
      const Kernel best = process->best();
      kernel.assign(best.logs.begin(), best.logs.end());
    } else {
      check_kernel(given_count);
      kernel.assign(given, given + given_count);
    }
    process->set(rounded());
  }

  Kernel rounded() const { return {{kernel.begin(), kernel.end()}}; }

  void check_kernel(int64_t count) const {
    require(count == inputs + (outputs > 0 ? 5 : 2) + (grouped ? 1 : 0),
            "a kernel has two numbers more than there are inputs, with a source five, with groups one more");
  }

  /// 1, the source's outputs, and the inputs divided by the root of their number.
  Features linear(const at::Tensor& x, const float* o) const {
    if (outputs == 0) {
      return {at::empty({x.size(0), 0}, at::kDouble), {}};
    }
    const at::Tensor one = at::full({x.size(0), 1}, 1.0, at::kDouble);
    return {at::cat({one, in_double(o, {x.size(0), outputs}), x / std::sqrt(static_cast<double>(inputs))}, 1), {1, outputs, inputs}};
  }

  KernelPrior prior() const {
    if (outputs == 0) {
      return {};
    }
    KernelPrior prior{std::vector<double>(static_cast<std::size_t>(inputs), 0.7 + 0.5 * std::log(static_cast<double>(inputs))),
                      std::vector<double>(static_cast<std::size_t>(inputs), 1.0)};
    for (const double log : {-1.5, -2.5, -2.0, -3.0, -3.5}) {  // signal, noise, constant, scale, slope
      prior.means.push_back(log);
      prior.deviations.push_back(1.5);
    }
    if (grouped) {
      prior.means.push_back(-2.5);
      prior.deviations.push_back(1.5);
    }
    return prior;
  }

  int64_t inputs = 0;
  int64_t outputs = 0;  ///< of the source; 0 without
  bool grouped = false;
  double mean = 0.0;
  double deviation = 1.0;
  std::unique_ptr<GaussianRegression> process;
  std::vector<float> kernel;
};

GaussianProcess::GaussianProcess(const float* x, int64_t x_count, const float* o, int64_t o_count, const float* y,
                                 const float* weights, const int* groups, int64_t rows, const float* kernel, int64_t kernel_count,
                                 int threads)
    : impl_(guarded([&] { return new Impl(x, x_count, o, o_count, y, weights, groups, rows, kernel, kernel_count, threads); })) {}

GaussianProcess::~GaussianProcess() { delete impl_; }

void GaussianProcess::get_kernel(float* out, int64_t count) const {
  guarded([&] {
    impl_->check_kernel(count);
    std::copy(impl_->kernel.begin(), impl_->kernel.end(), out);
  });
}

double GaussianProcess::log_likelihood() const {
  return guarded([&] {
    const at::NoGradGuard no_gradients;
    pin_blas_threads();
    const OmpThreads used(impl_->process->threads());
    return impl_->process->log_posterior(impl_->rounded(), nullptr);
  });
}

void GaussianProcess::predict(const float* x, int64_t x_count, const float* o, int64_t o_count, int64_t rows, float* mean,
                              float* deviation, int64_t count) const {
  guarded([&] {
    require(rows >= 0 && x_count == rows * impl_->inputs, "x does not have so many rows");
    require(o_count == rows * impl_->outputs, "o does not have so many rows");
    require(count == rows, "there must be room for a number a row");
    const at::NoGradGuard no_gradients;
    pin_blas_threads();
    const OmpThreads used(impl_->process->threads());
    for (int64_t begin = 0; begin < rows; begin += kPredictRows) {
      const int64_t part = std::min(kPredictRows, rows - begin);
      const at::Tensor features = in_double(x + begin * impl_->inputs, {part, impl_->inputs});
      const float* outputs = o == nullptr ? nullptr : o + begin * impl_->outputs;
      const auto [means, variances] = impl_->process->predict(features, impl_->linear(features, outputs).values);
      const at::Tensor scaled = means * impl_->deviation + impl_->mean;
      const at::Tensor spread = variances.sqrt() * impl_->deviation;
      for (int64_t r = 0; r < part; ++r) {
        mean[begin + r] = static_cast<float>(scaled.const_data_ptr<double>()[r]);
        deviation[begin + r] = static_cast<float>(spread.const_data_ptr<double>()[r]);
      }
    }
  });
}

}  // namespace pacnet
