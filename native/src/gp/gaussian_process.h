// Gaussian process regression (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, algorithm 2.1 and
// section 5.4.1) with a squared-exponential kernel that has a length for each input, and noise.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/team.h"

namespace pacnet {

/// k(a, b) = signal * exp(-1/2 sum_j ((a_j - b_j) / length_j)^2), and noise on the diagonal.
struct Kernel {
  /// Logarithms: of the lengths, of signal, of noise.
  std::vector<double> logs;
};

class GaussianRegression {
 public:
  /// x: [rows, inputs], y: [rows], double; y is used as it is, of mean zero and variance one for the search's sake. threads: at most so
  /// many where there are rows enough.
  GaussianRegression(at::Tensor x, at::Tensor y, int threads);

  /// How many of them are of use.
  int threads() const noexcept { return team_->size(); }


  /// The kernel of largest marginal likelihood that L-BFGS finds from a few starts; within e^-11.5 and e^11.5.
  Kernel best() const;
  /// Conditions on the rows.
  void set(const Kernel& kernel);

  /// log p(y | x), and into `gradient`, unless it is null, its derivative by the kernel's logs.
  double log_likelihood(const Kernel& kernel, std::vector<double>* gradient) const;
  /// Mean and variance of the noise-free value at x [rows, inputs]; after set().
  std::pair<at::Tensor, at::Tensor> predict(const at::Tensor& x) const;

 private:
  at::Tensor covariance(const at::Tensor& a, const at::Tensor& b, const Kernel& kernel) const;
  Kernel climb(Kernel start, int64_t most_steps) const;

  at::Tensor factor(const Kernel& kernel, const at::Tensor& without_noise) const;

  std::unique_ptr<Team> team_;
  at::Tensor x_;
  at::Tensor y_;
  Kernel kernel_;
  at::Tensor lower_;
  at::Tensor alpha_;
};

}  // namespace pacnet
