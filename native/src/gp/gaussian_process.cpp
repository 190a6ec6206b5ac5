#include "gp/gaussian_process.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros_like.h>
#include <torch/optim/lbfgs.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

#include "core/blas.h"
#include "core/error.h"
#include "core/random.h"
#include "core/simd.h"
#include "gp/positive_definite.h"

namespace pacnet {

namespace {

constexpr double kBound = 11.5;  // |log| of any of the kernel's numbers: 1e-5 to 1e5
constexpr double kJitter = 1e-10;
constexpr int64_t kMostSteps = 200;
constexpr int64_t kFirstSteps = 12;
constexpr int kDrawnStarts = 6;
constexpr int64_t kFewRows = 100;
constexpr int64_t kSampledRows = 500;
constexpr int64_t kRowsPerThread = 250;
constexpr int64_t kRows = 64;  // of a covariance that one thread fills at a time
constexpr double kUnusable = 1e12;  // the search's value where the matrix is not positive definite

// out[b] = -1/2 |a - b|^2 over b in [0, count).
struct Distances {
  PACNET_LOOP void run(const double* columns, int64_t rows, int64_t inputs, const double* a, int64_t stride, int64_t count, double* out) {
    for (int64_t b = 0; b < count; ++b) {
      out[b] = 0.0;
    }
    for (int64_t j = 0; j < inputs; ++j) {
      const double own = a[j * stride];
      const double* column = columns + j * rows;
      for (int64_t b = 0; b < count; ++b) {
        const double off = own - column[b];
        out[b] -= 0.5 * off * off;
      }
    }
  }
};

// out[b] += sum_j a_j b_j over columns of features.
struct Products {
  PACNET_LOOP void run(const double* features, int64_t rows, int64_t count, const double* a, int64_t stride, int64_t others, double* out) {
    for (int64_t j = 0; j < count; ++j) {
      const double own = a[j * stride];
      const double* column = features + j * rows;
      for (int64_t b = 0; b < others; ++b) {
        out[b] += own * column[b];
      }
    }
  }
};

// sum_b w[b] a_j b_j over the columns j of one group.
struct WeightedProducts {
  PACNET_LOOP void run(const double* features, int64_t rows, int64_t count, const double* a, int64_t stride, int64_t others,
                       const double* w, double* out) {
    constexpr int64_t kLanes = 8;
    double total = 0.0;
    for (int64_t j = 0; j < count; ++j) {
      const double* column = features + j * rows;
      double sums[kLanes] = {};
      int64_t b = 0;
      for (; b + kLanes <= others; b += kLanes) {
        for (int64_t lane = 0; lane < kLanes; ++lane) {
          sums[lane] += w[b + lane] * column[b + lane];
        }
      }
      double sum = 0.0;
      for (; b < others; ++b) {
        sum += w[b] * column[b];
      }
      for (const double lane : sums) {
        sum += lane;
      }
      total += sum * a[j * stride];
    }
    *out = total;
  }
};

// sum_b w[b] (a_j - b_j)^2 for each input j.
struct WeightedSquares {
  PACNET_LOOP void run(const double* columns, int64_t rows, int64_t inputs, const double* a, int64_t stride, int64_t count,
                       const double* w, double* out) {
    constexpr int64_t kLanes = 8;
    for (int64_t j = 0; j < inputs; ++j) {
      const double own = a[j * stride];
      const double* column = columns + j * rows;
      double sums[kLanes] = {};
      int64_t b = 0;
      for (; b + kLanes <= count; b += kLanes) {
        for (int64_t lane = 0; lane < kLanes; ++lane) {
          const double off = own - column[b + lane];
          sums[lane] += w[b + lane] * off * off;
        }
      }
      double sum = 0.0;
      for (; b < count; ++b) {
        const double off = own - column[b];
        sum += w[b] * off * off;
      }
      for (const double lane : sums) {
        sum += lane;
      }
      out[j] = sum;
    }
  }
};

}  // namespace

GaussianRegression::GaussianRegression(at::Tensor x, at::Tensor y, int threads)
    : GaussianRegression(x, {at::empty({x.size(0), 0}, at::kDouble), {}}, {}, std::move(y), {}, threads) {}

GaussianRegression::GaussianRegression(at::Tensor x, Features features, KernelPrior prior, at::Tensor y, RowFacts facts, int threads)
    : team_(std::make_unique<Team>(static_cast<int>(
          std::clamp<int64_t>(x.size(0) / kRowsPerThread, 1, std::min(threads, blas_callers()))))),
      x_(std::move(x)),
      features_(std::move(features)),
      prior_(std::move(prior)),
      y_(y.contiguous()),
      facts_(std::move(facts)) {}

double GaussianRegression::signal(const Kernel& kernel) const { return std::exp(kernel.logs[static_cast<std::size_t>(inputs())]); }
double GaussianRegression::noise(const Kernel& kernel, int64_t row) const {
  const double of_all = std::exp(kernel.logs[static_cast<std::size_t>(inputs()) + 1]);
  return facts_.weights.empty() ? of_all : of_all / facts_.weights[static_cast<std::size_t>(row)];
}

// What a row is compared with lies side by side.
at::Tensor GaussianRegression::scaled_columns(const at::Tensor& x, const at::Tensor& features, const Kernel& kernel) const {
  const int64_t n = x.size(0);
  const int64_t count = features.size(1);
  at::Tensor columns = at::empty({inputs() + count, n}, at::kDouble);
  const at::Tensor lengths = at::from_blob(const_cast<double*>(kernel.logs.data()), {inputs()}, at::kDouble).exp();
  columns.narrow(0, 0, inputs()).copy_((x / lengths).t());
  int64_t column = 0;
  for (std::size_t g = 0; g < features_.groups.size(); ++g) {
    const int64_t width = features_.groups[g];
    const double root = std::exp(0.5 * kernel.logs[static_cast<std::size_t>(inputs()) + 2 + g]);
    columns.narrow(0, inputs() + column, width).copy_(features.narrow(1, column, width).t() * root);
    column += width;
  }
  return columns;
}

void GaussianRegression::covariance(const Kernel& kernel, double* out) const {
  const at::Tensor columns = scaled_columns(x_, features_.values, kernel);
  const double* data = columns.const_data_ptr<double>();
  const int64_t n = rows();
  const int64_t count = features_.values.size(1);
  const double* linear = data + inputs() * n;
  const double scale = signal(kernel);
  const double of_group = shared(kernel);
  // The lower half by blocks of rows, and its mirror image.
  share_out(*team_, 0, (n + kRows - 1) / kRows, [&](int64_t block) {
    const int64_t begin = block * kRows;
    const int64_t end = std::min(n, begin + kRows);
    for (int64_t a = begin; a < end; ++a) {
      double* row = out + a * n;
      vectorised<Distances>(data, n, inputs(), data + a, n, a + 1, row);
      std::transform(row, row + a + 1, row, [&](double v) { return scale * std::exp(v); });
      vectorised<Products>(linear, n, count, linear + a, n, a + 1, row);
      for (int64_t b = 0; b <= a && !facts_.groups.empty(); ++b) {
        row[b] += together(a, b) ? of_group : 0.0;
      }
    }
    for (int64_t b = 0; b < end; ++b) {
      for (int64_t a = std::max(begin, b + 1); a < end; ++a) {
        out[b * n + a] = out[a * n + b];
      }
    }
  });
}

at::Tensor GaussianRegression::covariance(const at::Tensor& x, const at::Tensor& features, const Kernel& kernel) const {
  const at::Tensor columns = scaled_columns(x_, features_.values, kernel);
  const at::Tensor others = scaled_columns(x, features, kernel);
  const int64_t n = rows();
  const int64_t count = x.size(0);
  const double* data = columns.const_data_ptr<double>();
  const double* at = others.const_data_ptr<double>();
  const double scale = signal(kernel);
  at::Tensor cross = at::empty({count, n}, at::kDouble);
  double* out = cross.data_ptr<double>();
  share_out(*team_, 0, count, [&](int64_t a) {
    double* row = out + a * n;
    vectorised<Distances>(data, n, inputs(), at + a, count, n, row);
    std::transform(row, row + n, row, [&](double v) { return scale * std::exp(v); });
    vectorised<Products>(data + inputs() * n, n, features.size(1), at + inputs() * count + a, count, n, row);
  });
  return cross;
}

bool GaussianRegression::factor(const Kernel& kernel, double* out) const {
  const int64_t n = rows();
  covariance(kernel, out);
  for (int64_t i = 0; i < n; ++i) {
    out[i * (n + 1)] += noise(kernel, i) + kJitter * signal(kernel);
  }
  // Symmetric, so that rows may be taken for columns.
  return cholesky(out, n, *team_);
}

std::vector<double> GaussianRegression::solve(const double* factor) const {
  std::vector<double> alpha(y_.const_data_ptr<double>(), y_.const_data_ptr<double>() + rows());
  solve_both(factor, rows(), alpha.data(), 1);
  return alpha;
}

double GaussianRegression::log_likelihood(const Kernel& kernel, std::vector<double>* gradient) const {
  Room room(rows());
  return log_likelihood(kernel, gradient, room);
}

double GaussianRegression::log_likelihood(const Kernel& kernel, std::vector<double>* slope, Room& room) const {
  const BlasTurn turn(team_->size());
  const int64_t n = rows();
  if (!factor(kernel, room.factor.data())) {
    return -kUnusable;
  }
  const std::vector<double> alpha = solve(room.factor.data());
  double value = -0.5 * static_cast<double>(n) * std::log(2.0 * std::numbers::pi);
  for (int64_t i = 0; i < n; ++i) {
    value -= 0.5 * y_.const_data_ptr<double>()[i] * alpha[static_cast<std::size_t>(i)] + std::log(room.factor.data()[i * (n + 1)]);
  }
  if (slope != nullptr) {
    inverse_of(room.factor.data(), n, *team_, room.scratch.data());
    *slope = gradient(kernel, alpha, room);
  }
  return value;
}

double GaussianRegression::log_posterior(const Kernel& kernel, std::vector<double>* gradient) const {
  Room room(rows());
  return log_posterior(kernel, gradient, room);
}

double GaussianRegression::log_posterior(const Kernel& kernel, std::vector<double>* gradient, Room& room) const {
  double value = log_likelihood(kernel, gradient, room);
  for (std::size_t i = 0; i < prior_.means.size(); ++i) {
    const double off = (kernel.logs[i] - prior_.means[i]) / prior_.deviations[i];
    value -= 0.5 * off * off;
    if (gradient != nullptr && gradient->size() == kernel.logs.size()) {
      (*gradient)[i] -= off / prior_.deviations[i];
    }
  }
  return value;
}

// d/dt = 1/2 tr((alpha alpha' - K^-1) dK/dt), each row's part of the sums by itself, so that the threads change no bit of them.
std::vector<double> GaussianRegression::gradient(const Kernel& kernel, const std::vector<double>& alpha, const Room& room) const {
  const at::Tensor columns = scaled_columns(x_, features_.values, kernel);
  const double* data = columns.const_data_ptr<double>();
  const int64_t n = rows();
  const int64_t squared = inputs();
  const double scale = signal(kernel);
  const double of_group = shared(kernel);
  std::vector<double> parts(static_cast<std::size_t>(n * terms()));
  share_out(*team_, 0, n, [&](int64_t a) {
    // The half below the diagonal counts twice.
    double* weights = room.scratch.data() + a * n;
    const double* inverse = room.factor.data() + a * n;
    const double own = alpha[static_cast<std::size_t>(a)];
    for (int64_t b = 0; b < a; ++b) {
      weights[b] = 2.0 * (own * alpha[static_cast<std::size_t>(b)] - inverse[b]);
    }
    weights[a] = own * own - inverse[a];
    const double diagonal = weights[a];
    double* part = parts.data() + a * terms();
    int64_t column = squared;
    for (std::size_t g = 0; g < features_.groups.size(); ++g) {
      const double* group = data + column * n;
      vectorised<WeightedProducts>(group, n, features_.groups[g], group + a, n, a + 1, static_cast<const double*>(weights),
                                   part + squared + 2 + static_cast<int64_t>(g));
      column += features_.groups[g];
    }
    for (int64_t b = 0; b <= a && !facts_.groups.empty(); ++b) {
      part[terms() - 1] += together(a, b) ? weights[b] * of_group : 0.0;
    }
    // From here on with the squared exponential's own part of the covariance.
    double sum = 0.0;
    std::vector<double> bell(static_cast<std::size_t>(a + 1));
    vectorised<Distances>(data, n, squared, data + a, n, a + 1, bell.data());
    for (int64_t b = 0; b <= a; ++b) {
      weights[b] *= scale * std::exp(bell[static_cast<std::size_t>(b)]);
      sum += weights[b];
    }
    vectorised<WeightedSquares>(data, n, squared, data + a, n, a, static_cast<const double*>(weights), part);
    part[squared] = sum + diagonal * kJitter * scale;
    part[squared + 1] = diagonal * noise(kernel, a);
  });
  std::vector<double> total(static_cast<std::size_t>(terms()), 0.0);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    total[i % total.size()] += 0.5 * parts[i];
  }
  return total;
}

Kernel GaussianRegression::climb(Kernel start, int64_t most_steps, Room& room) const {
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
    const double value = log_posterior(bounded(), &gradient, room);
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
  Room room(rows());
  // Where the cube of the rows is dear, a part of them says near which kernel to begin.
  return climb(rows() > 2 * kSampledRows ? sample(kSampledRows).best() : highest_start(room), kMostSteps, room);
}

GaussianRegression GaussianRegression::sample(int64_t count) const {
  std::vector<uint32_t> order(static_cast<std::size_t>(rows()));
  std::iota(order.begin(), order.end(), 0U);
  Random(0, Stream::kSearch).shuffle(order);
  std::vector<int64_t> index(order.begin(), order.begin() + count);
  const at::Tensor chosen = at::from_blob(index.data(), {count}, at::kLong);
  RowFacts facts;
  for (const int64_t row : index) {
    if (!facts_.weights.empty()) {
      facts.weights.push_back(facts_.weights[static_cast<std::size_t>(row)]);
    }
    if (!facts_.groups.empty()) {
      facts.groups.push_back(facts_.groups[static_cast<std::size_t>(row)]);
    }
  }
  return {x_.index_select(0, chosen), {features_.values.index_select(0, chosen), features_.groups}, prior_, y_.index_select(0, chosen),
          std::move(facts), team_->size()};
}

std::vector<Kernel> GaussianRegression::starts() const {
  std::vector<Kernel> starts;
  const double middle = 0.5 * std::log(static_cast<double>(inputs()));
  if (!prior_.means.empty()) {
    // Where the prior is highest, then rough with little noise, then nearly linear.
    for (const auto& [length, of_signal, of_noise] : {std::array{0.0, 0.0, 0.0}, std::array{-0.7, 0.0, -2.0}, std::array{1.0, -2.0, -1.0}}) {
      Kernel start{prior_.means};
      std::for_each_n(start.logs.begin(), inputs(), [&](double& v) { v += length; });
      start.logs[static_cast<std::size_t>(inputs())] += of_signal;
      start.logs[static_cast<std::size_t>(inputs()) + 1] += of_noise;
      starts.push_back(std::move(start));
    }
    return starts;
  }
  const auto add = [&](const std::function<double()>& length, double of_noise) {
    Kernel start;
    std::generate_n(std::back_inserter(start.logs), inputs(), length);
    start.logs.push_back(0.0);
    start.logs.push_back(of_noise);
    start.logs.resize(static_cast<std::size_t>(terms()), 0.0);
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
  return starts;
}

Kernel GaussianRegression::highest_start(Room& room) const {
  Kernel best;
  double highest = -std::numeric_limits<double>::infinity();
  // Only the highest hill is worth its last steps.
  for (Kernel start : starts()) {
    Kernel found = climb(std::move(start), kFirstSteps, room);
    const double value = log_posterior(found, nullptr, room);
    if (value > highest) {
      highest = value;
      best = std::move(found);
    }
  }
  if (best.logs.empty()) {
    throw Error(kErrorInvalidArgument, "no kernel has a finite likelihood: an input or a label is not finite");
  }
  return best;
}

void GaussianRegression::set(const Kernel& kernel) {
  const BlasTurn turn(team_->size());
  kernel_ = kernel;
  lower_ = Doubles(Room::size(rows()));
  require(factor(kernel, lower_.data()), "the rows' covariance is not positive definite with this kernel");
  alpha_ = solve(lower_.data());
}

std::pair<at::Tensor, at::Tensor> GaussianRegression::predict(const at::Tensor& x, const at::Tensor& features) const {
  const BlasTurn turn(team_->size());
  const int64_t n = rows();
  const int64_t count = x.size(0);
  at::Tensor cross = covariance(x, features, kernel_);
  // Of each row with itself.
  const at::Tensor columns = scaled_columns(x, features, kernel_);
  const at::Tensor before = columns.narrow(0, inputs(), features.size(1)).square().sum(0).add_(signal(kernel_));
  at::Tensor mean = at::empty({count}, at::kDouble);
  at::Tensor variance = at::empty({count}, at::kDouble);
  // Rows of cross are columns of what is solved for.
  share_out(*team_, 0, (count + kRows - 1) / kRows, [&](int64_t block) {
    const int64_t begin = block * kRows;
    const int64_t end = std::min(count, begin + kRows);
    double* rows = cross.data_ptr<double>() + begin * n;
    for (int64_t a = begin; a < end; ++a) {
      mean.data_ptr<double>()[a] = std::inner_product(rows + (a - begin) * n, rows + (a - begin + 1) * n, alpha_.begin(), 0.0);
    }
    solve_lower(lower_.data(), n, rows, end - begin);
    for (int64_t a = begin; a < end; ++a) {
      const double* solved = rows + (a - begin) * n;
      variance.data_ptr<double>()[a] =
          std::max(0.0, before.const_data_ptr<double>()[a] - std::inner_product(solved, solved + n, solved, 0.0));
    }
  });
  return {mean, variance};
}

}  // namespace pacnet
