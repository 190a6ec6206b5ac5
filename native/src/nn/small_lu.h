// Linear equations of a handful of unknowns, by rows of a batch: smaller than a call of LAPACK is worth.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace pacnet {

/// P A = L U with partial pivoting (Golub & Van Loan 2013, 3.4), one row of A behind the other.
class SmallLu {
 public:
  /// a: [n, n]. False where it is singular, or no matrix of numbers.
  bool factor(const std::vector<double>& a, int64_t n) {
    n_ = static_cast<std::size_t>(n);
    lu_ = a;
    rows_.resize(n_);
    for (std::size_t i = 0; i < n_; ++i) {
      rows_[i] = i;
    }
    for (std::size_t k = 0; k < n_; ++k) {
      std::size_t pivot = k;
      for (std::size_t i = k + 1; i < n_; ++i) {
        pivot = std::fabs(at(i, k)) > std::fabs(at(pivot, k)) ? i : pivot;
      }
      if (!(std::fabs(at(pivot, k)) > 0.0) || !std::isfinite(at(pivot, k))) {
        return false;
      }
      std::swap(rows_[k], rows_[pivot]);
      for (std::size_t i = k + 1; i < n_; ++i) {
        const double factor = at(i, k) /= at(k, k);
        for (std::size_t j = k + 1; j < n_; ++j) {
          at(i, j) -= factor * at(k, j);
        }
      }
    }
    return true;
  }

  /// b becomes A^-1 b.
  void solve(std::vector<double>& b) {
    work_.resize(n_);
    for (std::size_t i = 0; i < n_; ++i) {
      work_[i] = b[rows_[i]];
      for (std::size_t j = 0; j < i; ++j) {
        work_[i] -= at(i, j) * work_[j];
      }
    }
    for (std::size_t i = n_; i-- > 0;) {
      for (std::size_t j = i + 1; j < n_; ++j) {
        work_[i] -= at(i, j) * work_[j];
      }
      work_[i] /= at(i, i);
    }
    b = work_;
  }

  /// b becomes A'^-1 b.
  void solve_transposed(std::vector<double>& b) {
    work_ = b;
    for (std::size_t i = 0; i < n_; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        work_[i] -= at(j, i) * work_[j];
      }
      work_[i] /= at(i, i);
    }
    for (std::size_t i = n_; i-- > 0;) {
      for (std::size_t j = i + 1; j < n_; ++j) {
        work_[i] -= at(j, i) * work_[j];
      }
    }
    for (std::size_t i = 0; i < n_; ++i) {
      b[rows_[i]] = work_[i];
    }
  }

 private:
  double& at(std::size_t i, std::size_t j) { return lu_[rows_[i] * n_ + j]; }

  std::size_t n_ = 0;
  std::vector<double> lu_;
  std::vector<std::size_t> rows_;
  std::vector<double> work_;
};

}  // namespace pacnet
