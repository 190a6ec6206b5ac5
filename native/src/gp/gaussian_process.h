// Gaussian process regression (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, algorithm 2.1 and
// section 5.4.1) with a squared-exponential kernel that has a length for each input, linear terms, and noise.
#pragma once

#include <ATen/core/Tensor.h>

#include <cmath>
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

/// k(a, b) = signal * exp(-1/2 sum_j ((a_j - b_j) / length_j)^2) + sum_g strength_g * phi_g(a) . phi_g(b), and noise / weight on the diagonal;
/// and between rows that belong together a variance that they share.
struct Kernel {
  /// Logarithms: of the lengths, of signal, of noise, of a strength for each group of features, and of what rows of one group share, if rows
  /// have groups.
  std::vector<double> logs;
};

/// What is known of rows besides inputs and labels; each is empty where it isn't.
struct RowFacts {
  std::vector<double> weights;  ///< what each row's noise is divided by, positive
  std::vector<int> groups;      ///< which belong together
};

/// Of the kernel's logarithms, each normal by itself. None: all kernels alike.
struct KernelPrior {
  std::vector<double> means;
  std::vector<double> deviations;
};

/// What linear terms stand on: columns that belong to groups, one behind the other.
struct Features {
  at::Tensor values;  ///< [rows, columns], double
  std::vector<int64_t> groups;  ///< columns of each
};

class GaussianRegression {
 public:
  /// x: [rows, inputs], y: [rows], double; y is used as it is, of mean zero and variance one for the search's sake. threads: at most so
  /// many where there are rows enough.
  GaussianRegression(at::Tensor x, at::Tensor y, int threads);
  /// With linear terms, of which `features` has a row for each of x, and a prior; y is used as it is.
  GaussianRegression(at::Tensor x, Features features, KernelPrior prior, at::Tensor y, RowFacts facts, int threads);

  /// How many of them are of use.
  int threads() const noexcept { return team_->size(); }

  /// The kernel of largest marginal likelihood, times the prior's density, that L-BFGS finds from a few starts; within e^-11.5 and e^11.5.
  Kernel best() const;
  /// Conditions on the rows.
  void set(const Kernel& kernel);

  /// log p(y | x), and into `gradient`, unless it is null, its derivative by the kernel's logs.
  double log_likelihood(const Kernel& kernel, std::vector<double>* gradient) const;
  /// The same with the prior's density at the kernel, over the highest that it has.
  double log_posterior(const Kernel& kernel, std::vector<double>* gradient) const;
  /// Mean and variance of the value without noise, and without what a group shares, at x [rows, inputs] with its features [rows, columns]; after set().
  std::pair<at::Tensor, at::Tensor> predict(const at::Tensor& x, const at::Tensor& features) const;

 private:
  /// Matrices of [rows, rows], kept while a kernel is searched: the system would clear hundreds of megabytes for each that is asked.
  struct Room {
    explicit Room(int64_t rows) : factor(size(rows)), scratch(size(rows)) {}
    static std::size_t size(int64_t rows) { return static_cast<std::size_t>(rows * rows); }
    Doubles factor;
    Doubles scratch;
  };

  int64_t rows() const { return x_.size(0); }
  int64_t inputs() const { return x_.size(1); }
  int64_t terms() const {
    return inputs() + 2 + static_cast<int64_t>(features_.groups.size()) + (facts_.groups.empty() ? 0 : 1);
  }
  double signal(const Kernel& kernel) const;
  double noise(const Kernel& kernel, int64_t row) const;
  /// What rows of one group share.
  double shared(const Kernel& kernel) const { return facts_.groups.empty() ? 0.0 : std::exp(kernel.logs.back()); }
  bool together(int64_t a, int64_t b) const {
    return facts_.groups[static_cast<std::size_t>(a)] == facts_.groups[static_cast<std::size_t>(b)];
  }
  /// x's columns divided by their lengths, then the features' columns times the root of their strength.
  at::Tensor scaled_columns(const at::Tensor& x, const at::Tensor& features, const Kernel& kernel) const;
  /// Of the rows, without noise.
  void covariance(const Kernel& kernel, double* out) const;
  /// Of other rows with these, [count, rows].
  at::Tensor covariance(const at::Tensor& x, const at::Tensor& features, const Kernel& kernel) const;
  /// The lower factor of the covariance with noise on its diagonal, and what keeps rounding from making it indefinite, columns behind
  /// each other; false where it is indefinite.
  bool factor(const Kernel& kernel, double* out) const;
  /// K^-1 y.
  std::vector<double> solve(const double* factor) const;
  double log_likelihood(const Kernel& kernel, std::vector<double>* gradient, Room& room) const;
  double log_posterior(const Kernel& kernel, std::vector<double>* gradient, Room& room) const;
  /// The likelihood's gradient by the logs, with the covariance's inverse in place of its factor.
  std::vector<double> gradient(const Kernel& kernel, const std::vector<double>& alpha, const Room& room) const;
  /// The same over so many rows, drawn at random.
  GaussianRegression sample(int64_t count) const;
  /// The best of a few starts, each a few steps further.
  std::vector<Kernel> starts() const;
  Kernel highest_start(Room& room) const;
  Kernel climb(Kernel start, int64_t most_steps, Room& room) const;

  std::unique_ptr<Team> team_;
  at::Tensor x_;
  Features features_;
  KernelPrior prior_;
  at::Tensor y_;
  RowFacts facts_;
  Kernel kernel_;
  Doubles lower_;  ///< [rows, rows], a column behind the other
  std::vector<double> alpha_;
};

}  // namespace pacnet
