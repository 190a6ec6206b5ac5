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

/// Numbers that nobody has set.
class Doubles {
 public:
  Doubles() = default;
  explicit Doubles(std::size_t count) : data_(new double[count]) {}
  double* data() const noexcept { return data_.get(); }

 private:
  std::unique_ptr<double[]> data_;
};

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
  /// Matrices of [rows, rows], kept while a kernel is searched: the system would clear hundreds of megabytes for each that is asked.
  struct Room {
    explicit Room(int64_t rows) : covariance(size(rows)), factor(size(rows)), scratch(size(rows)) {}
    static std::size_t size(int64_t rows) { return static_cast<std::size_t>(rows * rows); }
    Doubles covariance;
    Doubles factor;
    Doubles scratch;
  };

  int64_t rows() const { return x_.size(0); }
  /// Of the rows, without noise.
  void covariance(const Kernel& kernel, double* out) const;
  /// Of other rows with these, [count, rows].
  at::Tensor covariance(const at::Tensor& x, const Kernel& kernel) const;
  /// The lower factor of the covariance with noise on its diagonal, and what keeps rounding from making it indefinite, columns behind
  /// each other; false where it is indefinite.
  bool factor(const Kernel& kernel, const double* without_noise, double* out) const;
  /// K^-1 y.
  std::vector<double> solve(const double* factor) const;
  double log_likelihood(const Kernel& kernel, std::vector<double>* gradient, Room& room) const;
  /// The likelihood's gradient by the logs, with the covariance's inverse in place of its factor.
  std::vector<double> gradient(const Kernel& kernel, const std::vector<double>& alpha, const Room& room) const;
  /// The same over so many rows, drawn at random.
  GaussianRegression sample(int64_t count) const;
  /// The best of a few starts, each a few steps further.
  Kernel highest_start(Room& room) const;
  Kernel climb(Kernel start, int64_t most_steps, Room& room) const;

  std::unique_ptr<Team> team_;
  at::Tensor x_;
  at::Tensor y_;
  Kernel kernel_;
  Doubles lower_;  ///< [rows, rows], a column behind the other
  std::vector<double> alpha_;
};

}  // namespace pacnet
