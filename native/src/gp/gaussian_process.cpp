#include "gp/gaussian_process.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cholesky_solve.h>
#include <ATen/ops/dot.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros_like.h>
#include <torch/optim/lbfgs.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <numbers>
#include <utility>

#include "core/blas.h"
#include "core/error.h"
#include "core/random.h"
#include "gp/positive_definite.h"

namespace pacnet {

namespace {

constexpr double kBound = 11.5;  // |log| of any of the kernel's numbers: 1e-5 to 1e5
constexpr double kJitter = 1e-10;
constexpr int64_t kMostSteps = 200;
constexpr int64_t kFirstSteps = 12;
constexpr int kDrawnStarts = 6;
constexpr int64_t kFewRows = 100;
constexpr int64_t kRowsPerThread = 250;
constexpr double kUnusable = 1e12;  // the search's value where the matrix is not positive definite

at::Tensor lengths(const Kernel& kernel) {
  const auto inputs = static_cast<int64_t>(kernel.logs.size()) - 2;
  return at::from_blob(const_cast<double*>(kernel.logs.data()), {inputs}, at::kDouble).exp();
}
double signal(const Kernel& kernel) { return std::exp(kernel.logs[kernel.logs.size() - 2]); }
double noise(const Kernel& kernel) { return std::exp(kernel.logs.back()); }

}  // namespace

GaussianRegression::GaussianRegression(at::Tensor x, at::Tensor y, int threads)
    : team_(std::make_unique<Team>(static_cast<int>(
          std::clamp<int64_t>(x.size(0) / kRowsPerThread, 1, std::min(threads, blas_callers()))))),
      x_(std::move(x)),
      y_(std::move(y)) {}

at::Tensor GaussianRegression::covariance(const at::Tensor& a, const at::Tensor& b, const Kernel& kernel) const {
  const at::Tensor scale = lengths(kernel);
  const at::Tensor u = a / scale;
  const at::Tensor v = b / scale;
  const at::Tensor squared = (u.square().sum(1, true) + v.square().sum(1).unsqueeze(0) - 2.0 * at::matmul(u, v.t()))
                                 .clamp_min(0.0);
  return signal(kernel) * (-0.5 * squared).exp();
}

// The lower factor of the covariance with noise on its diagonal, and what keeps rounding from making it indefinite; undefined where it is.
// What lies above the factor's diagonal is anything.
at::Tensor GaussianRegression::factor(const Kernel& kernel, const at::Tensor& without_noise) const {
  at::Tensor matrix = without_noise.contiguous().clone();
  matrix.diagonal().add_(noise(kernel) + kJitter * signal(kernel));
  // Symmetric, so that rows may be taken for columns.
  return cholesky(matrix.data_ptr<double>(), matrix.size(0), *team_) ? matrix.t() : at::Tensor();
}

double GaussianRegression::log_likelihood(const Kernel& kernel, std::vector<double>* gradient) const {
  const BlasTurn turn(team_->size());
  const int64_t rows = x_.size(0);
  const at::Tensor without_noise = covariance(x_, x_, kernel);
  const at::Tensor lower = factor(kernel, without_noise);
  if (!lower.defined()) {
    return -kUnusable;
  }
  const at::Tensor alpha = at::cholesky_solve(y_.unsqueeze(1), lower);
  const double value = -0.5 * at::dot(y_, alpha.squeeze(1)).item<double>() - lower.diagonal().log().sum().item<double>() -
                       0.5 * static_cast<double>(rows) * std::log(2.0 * std::numbers::pi);
  if (gradient != nullptr) {
    // d/dt = 1/2 tr((alpha alpha' - K^-1) dK/dt)
    at::Tensor inverse = at::empty({rows, rows}, at::kDouble);
    at::Tensor scratch = at::empty({rows, rows}, at::kDouble);
    inverse_of(lower.const_data_ptr<double>(), rows, *team_, scratch.data_ptr<double>(), inverse.data_ptr<double>());
    const at::Tensor outer = at::matmul(alpha, alpha.t()).sub_(inverse);
    const at::Tensor weighted = outer * without_noise;
    // sum_ab W_ab (x_aj - x_bj)^2 = 2 sum_a x_aj^2 (W 1)_a - 2 sum_a x_aj (W x)_aj
    const at::Tensor by_input = (x_.square() * weighted.sum(1, true) - x_ * at::matmul(weighted, x_)).sum(0) /
                                lengths(kernel).square();
    gradient->assign(kernel.logs.size(), 0.0);
    std::copy_n(by_input.contiguous().const_data_ptr<double>(), by_input.numel(), gradient->begin());
    const double trace = outer.diagonal().sum().item<double>();
    (*gradient)[kernel.logs.size() - 2] =
        0.5 * (weighted.sum().item<double>() + kJitter * signal(kernel) * trace);
    gradient->back() = 0.5 * noise(kernel) * trace;
  }
  return value;
}

Kernel GaussianRegression::climb(Kernel start, int64_t most_steps) const {
  const auto count = static_cast<int64_t>(start.logs.size());
  at::Tensor logs = at::from_blob(start.logs.data(), {count}, at::kDouble).clone();
  logs.mutable_grad() = at::zeros_like(logs);
  const auto bounded = [&] {
    const double* at = logs.const_data_ptr<double>();
    Kernel kernel;
    std::transform(at, at + count, std::back_inserter(kernel.logs), [](double v) { return std::clamp(v, -kBound, kBound); });
    return kernel;
  };
  torch::optim::LBFGSOptions options(1.0);
  options.max_iter(most_steps).tolerance_grad(1e-6).tolerance_change(1e-10).history_size(20).line_search_fn("strong_wolfe");
  torch::optim::LBFGS search({logs}, options);
  search.step([&] {
    std::vector<double> gradient(start.logs.size(), 0.0);
    const double value = log_likelihood(bounded(), &gradient);
    const double* at = logs.const_data_ptr<double>();
    double* slope = logs.mutable_grad().data_ptr<double>();
    for (int64_t i = 0; i < count; ++i) {
      const double g = -gradient[static_cast<std::size_t>(i)];
      // At a bound nothing pulls further out.
      slope[i] = (at[i] <= -kBound && g > 0) || (at[i] >= kBound && g < 0) ? 0.0 : g;
    }
    return at::scalar_tensor(-value, at::kDouble);
  });
  return bounded();
}

Kernel GaussianRegression::best() const {
  const int64_t inputs = x_.size(1);
  const double middle = 0.5 * std::log(static_cast<double>(inputs));
  Kernel best;
  double highest = -std::numeric_limits<double>::infinity();
  std::vector<Kernel> starts;
  const auto add = [&](const std::function<double()>& length, double of_noise) {
    Kernel start;
    std::generate_n(std::back_inserter(start.logs), inputs, length);
    start.logs.push_back(0.0);
    start.logs.push_back(of_noise);
    starts.push_back(std::move(start));
  };
  // Standardised inputs are about sqrt(2 * inputs) apart: once as rough as that allows, once smooth and nearly linear.
  add([&] { return middle; }, std::log(0.1));
  add([&] { return middle + 1.5; }, std::log(0.01));
  // Few rows leave many hills, and cost little.
  Random random(0, Stream::kSearch);
  for (int i = 0; i < kDrawnStarts && x_.size(0) <= kFewRows; ++i) {
    add([&] { return middle + 3.0 * static_cast<double>(random.uniform()) - 1.5; },
        -1.0 - 5.0 * static_cast<double>(random.uniform()));
  }
  // Only the highest hill is worth its last steps.
  for (Kernel& start : starts) {
    Kernel found = climb(std::move(start), kFirstSteps);
    const double value = log_likelihood(found, nullptr);
    if (value > highest) {
      highest = value;
      best = std::move(found);
    }
  }
  if (best.logs.empty()) {
    throw Error(kErrorInvalidArgument, "no kernel has a finite likelihood: an input or a label is not finite");
  }
  return climb(std::move(best), kMostSteps);
}

void GaussianRegression::set(const Kernel& kernel) {
  kernel_ = kernel;
  const at::Tensor lower = factor(kernel, covariance(x_, x_, kernel));
  require(lower.defined(), "the rows' covariance is not positive definite with this kernel");
  lower_ = lower;
  alpha_ = at::cholesky_solve(y_.unsqueeze(1), lower);
}

std::pair<at::Tensor, at::Tensor> GaussianRegression::predict(const at::Tensor& x) const {
  const BlasTurn turn(team_->size());
  const at::Tensor cross = covariance(x, x_, kernel_);
  const at::Tensor solved = at::linalg_solve_triangular(lower_, cross.t(), false);
  return {at::matmul(cross, alpha_).squeeze(1), (signal(kernel_) - solved.square().sum(0)).clamp_min(0.0)};
}

}  // namespace pacnet
