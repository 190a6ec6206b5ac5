#include "nn/neural_ode.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/blas.h"
#include "core/error.h"
#include "core/team.h"
#include "nn/runge_kutta.h"
#include "nn/split_training.h"
#include "nn/tensor_form.h"
#include "pacnet/pacnet.h"

namespace pacnet {

namespace {

constexpr int64_t kOdeRows = 64;
constexpr double kShortest = 1e-7;  // of a row's whole time
constexpr double kSafety = 0.9;     // the usual numbers of step control (Hairer, Norsett & Wanner 1993, II.4)
constexpr double kLeast = 0.2;
constexpr double kMost = 10.0;
constexpr double kFirst = 0.05;
// Newton's method: stages are as exact as this share of the tolerance, or as single precision tells, in so many rounds; the matrix is made
// anew where a round leaves more than that of what the last one left. Of a stiff f single precision may tell no more than kNewtonNoise, or the
// tolerance; then rounds no longer get nearer, and what is there is it.
constexpr double kNewtonShare = 0.01;
constexpr double kNewtonLeast = 5e-6;
constexpr int kNewtonRounds = 20;
constexpr double kNewtonSlow = 0.2;
constexpr double kNewtonNoise = 1e-3;
constexpr double kNewtonStands = 0.5;

std::vector<int64_t> sizes_of(int64_t states, int64_t actions, bool time, const std::vector<int64_t>& hidden) {
  std::vector<int64_t> sizes{states + (time ? 1 : 0) + actions};
  sizes.insert(sizes.end(), hidden.begin(), hidden.end());
  sizes.push_back(states);
  return sizes;
}

const RungeKutta& method_of(const NeuralOde& ode) {
  if (ode.solver().implicit) {
    return kKvaerno3;
  }
  return ode.solver().tolerance > 0 ? kDormandPrince : kRungeKutta4;
}

double dense_weight(const RungeKutta& method, int stage, double theta) {
  const auto& p = method.dense[static_cast<std::size_t>(stage)];
  return theta * (p[0] + theta * (p[1] + theta * (p[2] + theta * p[3])));
}

}  // namespace

NeuralOde::NeuralOde(int64_t states, int64_t actions, int64_t steps, bool time, const std::vector<int64_t>& hidden,
                     Activation activation, Solver solver)
    : states_(states),
      actions_(actions),
      steps_(steps),
      time_(time),
      solver_(solver),
      field_(sizes_of(states, actions, time, hidden), activation, 0.0) {}

int NeuralOde::useful_threads(int offered, int64_t batch) const {
  const int64_t evaluations = steps_ * 4 * (solver_.tolerance > 0 ? 1 : solver_.substeps);
  return static_cast<int>(std::min<int64_t>(field_.useful_threads(offered, batch * evaluations), batch));
}

OdePass::OdePass(const NeuralOde& ode, int64_t capacity, bool training)
    : ode_(ode),
      method_(method_of(ode)),
      training_(training),
      states_(ode.states()),
      width_(ode.field().inputs()),
      capacity_(capacity),
      blocks_(method_.stages * (training ? ode.steps() * ode.solver().substeps : 1)),
      pass_(std::make_unique<MlpPass>(ode.field(), capacity * blocks_, training || ode.solver().implicit)),
      input_(capacity * ode.inputs()),
      output_(capacity * ode.outputs()),
      output_gradient_(training ? capacity * ode.outputs() : 0),
      state_(capacity * states_),
      gradient_(training ? capacity * states_ : 0),
      inward_(training || ode.solver().implicit ? capacity * width_ : 0) {
  whole_.resize(static_cast<std::size_t>(capacity));
  if (ode.solver().implicit) {
    matrices_.resize(static_cast<std::size_t>(capacity));
    jacobian_.assign(static_cast<std::size_t>(capacity), std::vector<double>(static_cast<std::size_t>(states_ * states_)));
    base_.resize(static_cast<std::size_t>(capacity * states_));
    own_.resize(static_cast<std::size_t>(states_));
  }
  steps_.reserve(static_cast<std::size_t>(ode.steps() * ode.solver().substeps));
  emissions_.reserve(static_cast<std::size_t>(capacity * ode.steps()));
}

double OdePass::length(const Step& step, int64_t row) const {
  const float* times = input_.data() + row * ode_.inputs() + states_ + 1;
  if (step.interval >= 0) {
    return step.scale * static_cast<double>(times[step.interval]);
  }
  return step.scale * whole_[static_cast<std::size_t>(row)];
}

// f at the stages from `first` on, beginning at state_; `from`: where in its interval, or row, the step begins, in [0, 1). False where an
// implicit one is not found.
bool OdePass::stages(const float* params, const Step& step, double from, int first) {
  for (int i = first; i < method_.stages; ++i) {
    if (i > 0 && method_.diagonal > 0) {
      if (!implicit_stage(params, step, from, i)) {
        return false;
      }
    } else {
      stage(step, from, i);
      pass_->forward(params, (step.block + i) * rows_, (step.block + i + 1) * rows_, 0);
    }
  }
  return true;
}

// What f is asked at a stage, of an implicit one without its own slope.
void OdePass::stage(const Step& step, double from, int i) {
  const auto& a = method_.a[static_cast<std::size_t>(i)];
  float* in = pass_->input() + (step.block + i) * rows_ * width_;
  for (int64_t r = 0; r < rows_; ++r) {
    const double h = length(step, r);
    for (int64_t s = 0; s < states_; ++s) {
      double sum = 0.0;
      for (int j = 0; j < i; ++j) {
        if (a[static_cast<std::size_t>(j)] != 0.0) {
          sum += a[static_cast<std::size_t>(j)] * static_cast<double>(slope(step.block + j)[r * states_ + s]);
        }
      }
      const double at = static_cast<double>(state_.data()[r * states_ + s]) + h * sum;
      in[r * width_ + s] = static_cast<float>(at);
      if (method_.diagonal > 0) {
        base_[static_cast<std::size_t>(r * states_ + s)] = at;
      }
    }
    if (ode_.time()) {
      const float* row = input_.data() + r * ode_.inputs();
      double at = static_cast<double>(row[states_]);
      for (int64_t k = 0; k < step.interval; ++k) {
        at += static_cast<double>(row[states_ + 1 + k]);
      }
      at += h / step.scale * from + method_.c[static_cast<std::size_t>(i)] * h;
      in[r * width_ + states_] = static_cast<float>(at);
    }
    const float* done = input_.data() + r * ode_.inputs() + states_ + 1 + ode_.steps() + step.interval * ode_.actions();
    std::copy_n(done, ode_.actions(), in + (r + 1) * width_ - ode_.actions());
  }
}

// z with z - h a_ii f(z) = base, by Newton's method from where the stage before it is.
bool OdePass::implicit_stage(const float* params, const Step& step, double from, int i) {
  stage(step, from, i);
  const int64_t block = step.block + i;
  float* in = pass_->input() + block * rows_ * width_;
  for (int64_t r = 0; r < rows_; ++r) {
    // What the first stage was asked may be gone: its slope is the step before's last.
    const float* before = i == 1 ? state_.data() + r * states_ : in + (r - rows_) * width_;
    std::copy_n(before, states_, in + r * width_);
  }
  const double enough = std::max(kNewtonShare * ode_.solver().tolerance, kNewtonLeast);
  const double noise = ode_.solver().tolerance > 0 ? ode_.solver().tolerance : kNewtonNoise;
  double last = std::numeric_limits<double>::infinity();
  bool slow = true;
  bool stands = false;
  for (int round = 0; round < kNewtonRounds; ++round) {
    pass_->forward(params, block * rows_, (block + 1) * rows_, 0);
    if (last <= enough || (stands && last <= noise)) {
      return true;
    }
    if (slow && !newton_matrices(params, step, block)) {
      return false;
    }
    double worst = 0.0;
    for (int64_t r = 0; r < rows_; ++r) {
      const double h = length(step, r) * method_.diagonal;
      for (int64_t s = 0; s < states_; ++s) {
        own_[static_cast<std::size_t>(s)] = static_cast<double>(in[r * width_ + s]) - base_[static_cast<std::size_t>(r * states_ + s)] -
                                            h * static_cast<double>(slope(block)[r * states_ + s]);
      }
      matrices_[static_cast<std::size_t>(r)].solve(own_);
      for (int64_t s = 0; s < states_; ++s) {
        float& z = in[r * width_ + s];
        const double off = own_[static_cast<std::size_t>(s)];
        const double share = std::fabs(off) / (1.0 + std::fabs(static_cast<double>(z)));
        worst = share > worst || !std::isfinite(share) ? share : worst;
        z = static_cast<float>(static_cast<double>(z) - off);
      }
      if (!std::isfinite(worst)) {
        return false;
      }
    }
    stands = slow && round > 1 && worst > kNewtonStands * last;  // though the matrix was new
    slow = worst > kNewtonSlow * last;
    last = worst;
  }
  return false;
}

// I - h a_ii df/dz of each row, factored, at what f was asked in a block. Overwrites the block's gradients.
bool OdePass::newton_matrices(const float* params, const Step& step, int64_t block) {
  const int64_t begin = block * rows_;
  float* out = pass_->output_gradient() + begin * states_;
  for (int64_t s = 0; s < states_; ++s) {
    std::fill_n(out, rows_ * states_, 0.0F);
    for (int64_t r = 0; r < rows_; ++r) {
      out[r * states_ + s] = 1.0F;
    }
    pass_->backward(params, begin, begin + rows_);
    pass_->input_gradient(params, begin, begin + rows_, inward_.data());
    for (int64_t r = 0; r < rows_; ++r) {
      const double h = length(step, r) * method_.diagonal;
      for (int64_t j = 0; j < states_; ++j) {
        jacobian_[static_cast<std::size_t>(r)][static_cast<std::size_t>(s * states_ + j)] =
            (s == j ? 1.0 : 0.0) - h * static_cast<double>(inward_.data()[r * width_ + j]);
      }
    }
  }
  for (int64_t r = 0; r < rows_; ++r) {
    if (!matrices_[static_cast<std::size_t>(r)].factor(jacobian_[static_cast<std::size_t>(r)], states_)) {
      return false;
    }
  }
  return true;
}

// The gradient of a slope that solves an equation becomes that of f's value there (implicit function theorem): k = f(base + h a_ii k), so that
// what comes to k from behind, g, comes to f as (I - h a_ii df/dz)'^-1 g.
void OdePass::through_equation(const float* params, const Step& step, int64_t block) {
  float* slopes = pass_->output_gradient() + block * rows_ * states_;
  std::vector<float> behind(slopes, slopes + rows_ * states_);
  if (!newton_matrices(params, step, block)) {
    throw Error(kErrorDiverged, "an implicit stage has no derivative where it was found; lower the learning rate");
  }
  for (int64_t r = 0; r < rows_; ++r) {
    std::copy_n(behind.begin() + r * states_, states_, own_.begin());
    matrices_[static_cast<std::size_t>(r)].solve_transposed(own_);
    std::transform(own_.begin(), own_.end(), slopes + r * states_, [](double value) { return static_cast<float>(value); });
  }
}

void OdePass::advance(const Step& step) {
  if (method_.diagonal > 0) {
    // The last stage is there already; its slopes times a stiff equation's steps would not be as exact.
    const float* end = pass_->input() + (step.block + method_.stages - 1) * rows_ * width_;
    for (int64_t r = 0; r < rows_; ++r) {
      std::copy_n(end + r * width_, states_, state_.data() + r * states_);
    }
    return;
  }
  for (int64_t r = 0; r < rows_; ++r) {
    const double h = length(step, r);
    for (int64_t s = 0; s < states_; ++s) {
      float& z = state_.data()[r * states_ + s];
      z = static_cast<float>(static_cast<double>(z) + h * moved(step, r, s));
    }
  }
}

// Before the state advances, except at the step's end.
void OdePass::emit(const Step& step, const Emission& e) {
  float* out = output_.data() + e.row * ode_.outputs() + e.time * states_;
  const float* z = state_.data() + e.row * states_;
  std::copy_n(z, states_, out);
  if (e.theta == 1.0) {
    return;
  }
  const double h = length(step, e.row);
  for (int i = 0; i < method_.stages; ++i) {
    const auto weight = static_cast<float>(h * dense_weight(method_, i, e.theta));
    for (int64_t s = 0; s < states_; ++s) {
      out[s] += weight * slope(step.block + i)[e.row * states_ + s];
    }
  }
}

// The largest over the rows of the root mean square of the estimate, in units of the tolerance; of an implicit method through its matrix, which
// takes out what is stiff (Hairer & Wanner 1996, IV.8).
double OdePass::error(const Step& step) {
  double worst = 0.0;
  std::vector<double> off(static_cast<std::size_t>(states_));
  for (int64_t r = 0; r < rows_; ++r) {
    const double h = length(step, r);
    for (int64_t s = 0; s < states_; ++s) {
      double sum = 0.0;
      for (int i = 0; i < method_.stages; ++i) {
        sum += method_.error[static_cast<std::size_t>(i)] * static_cast<double>(slope(step.block + i)[r * states_ + s]);
      }
      off[static_cast<std::size_t>(s)] = h * sum;
    }
    if (method_.diagonal > 0) {
      matrices_[static_cast<std::size_t>(r)].solve(off);
    }
    double squares = 0.0;
    for (int64_t s = 0; s < states_; ++s) {
      const auto z = static_cast<double>(state_.data()[r * states_ + s]);
      const double end = method_.diagonal > 0
                             ? static_cast<double>(pass_->input()[((step.block + method_.stages - 1) * rows_ + r) * width_ + s])
                             : z + h * moved(step, r, s);
      const double scale = ode_.solver().tolerance * (1.0 + std::max(std::fabs(z), std::fabs(end)));
      squares += off[static_cast<std::size_t>(s)] * off[static_cast<std::size_t>(s)] / (scale * scale);
    }
    const double own = std::sqrt(squares / static_cast<double>(states_));
    if (!(own <= worst)) {  // also what is no number
      worst = own;
    }
  }
  return worst;
}

// sum b k of one state.
double OdePass::moved(const Step& step, int64_t row, int64_t state) const {
  double sum = 0.0;
  for (int i = 0; i < method_.stages; ++i) {
    sum += method_.b[static_cast<std::size_t>(i)] * static_cast<double>(slope(step.block + i)[row * states_ + state]);
  }
  return sum;
}

// To the step behind an accepted one.
void OdePass::go_on(Step& step) {
  if (training_) {
    steps_.push_back(step);
    step.block += method_.stages - (method_.first_same_as_last ? 1 : 0);
  } else if (method_.first_same_as_last) {
    pass_->copy_output((step.block + method_.stages - 1) * rows_, step.block * rows_, rows_);
  }
  step.shares_first = method_.first_same_as_last;
}

void OdePass::fixed(const float* params) {
  const int64_t substeps = ode_.solver().substeps;
  Step step{0, false, 0, 1.0 / static_cast<double>(substeps), 0, 0};
  for (; step.interval < ode_.steps(); ++step.interval) {
    for (int64_t m = 0; m < substeps; ++m) {
      stages(params, step, static_cast<double>(m) * step.scale);
      advance(step);
      step.first_emission = emissions_.size();
      for (int64_t r = 0; m + 1 == substeps && r < rows_; ++r) {
        emissions_.push_back({r, step.interval, 1.0});
        emit(step, emissions_.back());
      }
      step.end_emission = emissions_.size();
      go_on(step);
    }
  }
}

// Once for all: the next batch finds the room. What is there is copied, the steps go on.
void OdePass::make_room(const Step& step, int known) {
  if (step.block + method_.stages > blocks_) {
    auto larger = std::make_unique<MlpPass>(ode_.field(), capacity_ * blocks_ * 2, training_ || ode_.solver().implicit);
    larger->take(*pass_, (step.block + known) * rows_);
    pass_ = std::move(larger);
    blocks_ *= 2;
  }
}

// Whether a step that is so far off is to be taken again, shorter; *factor: how much longer the next may be.
bool OdePass::shorten(Step& step, double off, double* factor) {
  const double order = method_.diagonal > 0 ? 3.0 : 5.0;
  *factor = off > 0 ? std::clamp(kSafety * std::pow(off, -1.0 / order), kLeast, kMost) : kMost;
  if (off <= 1.0) {
    return false;
  }
  step.scale *= std::isfinite(off) ? *factor : kLeast;
  if (step.scale < kShortest) {
    throw Error(kErrorDiverged,
                "the solver finds no step that is short enough for its tolerance; allow a larger one, or lower the "
                "learning rate");
  }
  return true;
}

// Steps that end where all rows have their next output: of the tolerance, or implicit ones of their number; shorter where a stage is not found.
void OdePass::between_outputs(const float* params) {
  const bool adaptive = ode_.solver().tolerance > 0;
  const double longest = adaptive ? 1.0 : 1.0 / static_cast<double>(ode_.solver().substeps);
  int known = 0;
  double next = longest;
  Step step{0, false, 0, next, 0, 0};
  for (; step.interval < ode_.steps(); ++step.interval) {
    double done = 0.0;
    if (ode_.actions() > 0 && step.shares_first) {
      // Another action, another slope where the last step ended.
      step.block += training_ ? 1 : 0;
      step.shares_first = false;
      known = 0;
    }
    while (done < 1.0) {
      make_room(step, known);
      const bool whole = next >= 1.0 - done - kShortest;
      step.scale = whole ? 1.0 - done : next;
      const bool found = stages(params, step, done, known);
      known = 1;
      double factor = 1.0;
      const double off = !found ? std::numeric_limits<double>::infinity() : adaptive ? error(step) : 0.0;
      if (shorten(step, off, &factor)) {
        next = step.scale;
        continue;
      }
      // What was cut off to end here says nothing of how long the next may be.
      next = std::min(longest, whole ? std::max(next, step.scale * factor) : step.scale * factor);
      done = whole ? 1.0 : done + step.scale;
      advance(step);
      step.first_emission = emissions_.size();
      for (int64_t r = 0; whole && r < rows_; ++r) {
        emissions_.push_back({r, step.interval, 1.0});
        emit(step, emissions_.back());
      }
      step.end_emission = emissions_.size();
      go_on(step);
    }
  }
}

void OdePass::adaptive(const float* params) {
  // How far each row's next output is, as a share of its whole time.
  std::vector<int64_t> next(static_cast<std::size_t>(rows_), 0);
  std::vector<double> at(static_cast<std::size_t>(rows_), 0.0);
  const auto share = [&](int64_t row, int64_t time) {
    const double whole = whole_[static_cast<std::size_t>(row)];
    // A row whose times are all the same stays where it is.
    return whole == 0.0 ? 0.0 : static_cast<double>(input_.data()[row * ode_.inputs() + states_ + 1 + time]) / whole;
  };
  for (int64_t r = 0; r < rows_; ++r) {
    at[static_cast<std::size_t>(r)] = share(r, 0);
  }
  static_assert(kDormandPrince.first_same_as_last);
  int known = 0;  // stages that need not be computed anew
  double done = 0.0;
  Step step{0, false, -1, kFirst, 0, 0};
  while (done < 1.0) {
    make_room(step, known);
    step.scale = std::min(step.scale, 1.0 - done);
    stages(params, step, done, known);
    known = 1;  // if it is taken again, shorter, and for the next one
    double factor = 1.0;
    if (shorten(step, error(step), &factor)) {
      continue;
    }
    const double end = 1.0 - done - step.scale < kShortest ? 1.0 : done + step.scale;
    step.first_emission = emissions_.size();
    for (int64_t r = 0; r < rows_; ++r) {
      auto& time = next[static_cast<std::size_t>(r)];
      auto& when = at[static_cast<std::size_t>(r)];
      // The last one is at the row's end, whatever rounding says.
      while (time < ode_.steps() && (end == 1.0 || (when <= end && time + 1 < ode_.steps()))) {
        const double theta = time + 1 == ode_.steps() ? 1.0 : std::min((when - done) / step.scale, 1.0);
        emissions_.push_back({r, time, theta});
        if (theta < 1.0) {
          emit(step, emissions_.back());
        }
        if (++time < ode_.steps()) {
          when += share(r, time);
        }
      }
    }
    step.end_emission = emissions_.size();
    advance(step);
    for (std::size_t e = step.first_emission; e < step.end_emission; ++e) {
      if (emissions_[e].theta == 1.0) {
        emit(step, emissions_[e]);
      }
    }
    done = end;
    go_on(step);
    step.scale *= factor;
  }
}

void OdePass::forward(const float* params, int64_t rows) {
  rows_ = rows;
  steps_.clear();
  emissions_.clear();
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = input_.data() + r * ode_.inputs();
    std::copy_n(row, states_, state_.data() + r * states_);
    whole_[static_cast<std::size_t>(r)] = std::accumulate(row + states_ + 1, row + ode_.inputs(), 0.0);
  }
  if (ode_.solver().implicit || (ode_.solver().tolerance > 0 && ode_.actions() > 0)) {
    between_outputs(params);
  } else if (ode_.solver().tolerance > 0) {
    adaptive(params);
  } else {
    fixed(params);
  }
}

void OdePass::backward(const float* params) {
  std::fill_n(gradient_.data(), rows_ * states_, 0.0F);
  for (std::size_t i = steps_.size(); i-- > 0;) {
    backward(params, steps_[i], i + 1 < steps_.size() && steps_[i + 1].shares_first);
  }
}

// gradient_ is that of the state behind the step, and becomes that of the state before it.
void OdePass::backward(const float* params, const Step& step, bool last_is_shared) {
  const auto outward = [&](const Emission& e) {
    return output_gradient_.data() + e.row * ode_.outputs() + e.time * states_;
  };
  for (std::size_t i = step.first_emission; i < step.end_emission; ++i) {
    const Emission& e = emissions_[i];
    for (int64_t s = 0; e.theta == 1.0 && s < states_; ++s) {
      gradient_.data()[e.row * states_ + s] += outward(e)[s];
    }
  }
  // Of each slope: by the step's end, by outputs inside it, and below by the stages that it went into.
  float* slopes = pass_->output_gradient() + step.block * rows_ * states_;
  for (int i = 0; i < method_.stages; ++i) {
    const bool shared = i + 1 == method_.stages && last_is_shared;  // the step behind this one has put its part there
    for (int64_t r = 0; r < rows_; ++r) {
      const auto weight = static_cast<float>(length(step, r) * method_.b[static_cast<std::size_t>(i)]);
      for (int64_t s = 0; s < states_; ++s) {
        float& slope = slopes[(i * rows_ + r) * states_ + s];
        slope = (shared ? slope : 0.0F) + weight * gradient_.data()[r * states_ + s];
      }
    }
  }
  for (std::size_t k = step.first_emission; k < step.end_emission; ++k) {
    const Emission& e = emissions_[k];
    if (e.theta == 1.0) {
      continue;
    }
    for (int i = 0; i < method_.stages; ++i) {
      const auto weight = static_cast<float>(length(step, e.row) * dense_weight(method_, i, e.theta));
      for (int64_t s = 0; s < states_; ++s) {
        slopes[(i * rows_ + e.row) * states_ + s] += weight * outward(e)[s];
      }
    }
    for (int64_t s = 0; s < states_; ++s) {
      gradient_.data()[e.row * states_ + s] += outward(e)[s];
    }
  }
  for (int i = method_.stages - 1; i >= (step.shares_first ? 1 : 0); --i) {
    const int64_t begin = (step.block + i) * rows_;
    if (i > 0 && method_.diagonal > 0) {
      through_equation(params, step, step.block + i);
    }
    pass_->backward(params, begin, begin + rows_);
    pass_->input_gradient(params, begin, begin + rows_, inward_.data());
    const auto& a = method_.a[static_cast<std::size_t>(i)];
    for (int64_t r = 0; r < rows_; ++r) {
      const double h = length(step, r);
      for (int64_t s = 0; s < states_; ++s) {
        const float inward = inward_.data()[r * width_ + s];
        gradient_.data()[r * states_ + s] += inward;
        for (int j = 0; j < i; ++j) {
          slopes[(j * rows_ + r) * states_ + s] += static_cast<float>(h * a[static_cast<std::size_t>(j)]) * inward;
        }
      }
    }
  }
}

void OdePass::weight_gradients(const Wanted& wanted, float* grads) const {
  const int64_t blocks = steps_.empty() ? 0 : steps_.back().block + method_.stages;
  pass_->weight_gradients(blocks * rows_, wanted, 0, 1, grads);
}

namespace {

class OdeWorker final : public SplitTraining::Worker {
 public:
  OdeWorker(const NeuralOde& ode, const TrainingSetup& setup, int64_t rows)
      : ode_(ode), loss_(setup.loss), wanted_(ode.field(), setup.trainable), pass_(ode, rows, true) {}

  float* input() override { return pass_.input(); }

  double run(const float* params, const float* labels, int64_t rows, int64_t batch_rows, float* grads) override {
    pass_.forward(params, rows);
    const double sum = loss_sum(loss_, pass_.output(), labels, rows, ode_.outputs(), 1.0F / static_cast<float>(batch_rows),
                                grads == nullptr ? nullptr : pass_.output_gradient());
    if (grads != nullptr) {
      pass_.backward(params);
      pass_.weight_gradients(wanted_, grads);
    }
    return sum;
  }

 private:
  const NeuralOde& ode_;
  LossSpec loss_;
  Wanted wanted_;
  OdePass pass_;
};

}  // namespace

std::unique_ptr<TrainingPass> NeuralOde::training(const TrainingSetup& setup) const {
  require(setup.loss.kind != kCrossEntropy, "a differential equation has no classes");
  return std::make_unique<SplitTraining>(
      *this, setup, [&](int64_t rows) { return std::make_unique<OdeWorker>(*this, setup, rows); });
}

void NeuralOde::predict(const float* params, const float* x, int64_t rows, float* out, int threads) const {
  Team team(useful_threads(threads, rows));
  predict_in_pieces(
      *this, team, x, rows, kOdeRows, out, [&](int64_t room) { return OdePass(*this, room, false); },
      [&](OdePass& pass, int64_t count) { pass.forward(params, count); });
}

at::Tensor NeuralOde::run(const FormTensors& tensors, const at::Tensor& x) const {
  require(solver_.tolerance == 0 && !solver_.implicit,
          "on the GPU an ode takes RK4's steps: leave tolerance and implicit solver out, or take the device cpu");
  at::Tensor z = x.narrow(1, 0, states_);
  at::Tensor t = x.narrow(1, states_, 1);
  std::vector<at::Tensor> out;
  for (int64_t k = 0; k < steps_; ++k) {
    const at::Tensor done = x.narrow(1, states_ + 1 + steps_ + k * actions_, actions_);
    const auto slope = [&](const at::Tensor& at, const at::Tensor& when) {
      return field_.run(tensors, time_ ? at::cat({at, when, done}, 1) : at::cat({at, done}, 1));
    };
    const at::Tensor h = x.narrow(1, states_ + 1 + k, 1) / static_cast<double>(solver_.substeps);
    for (int64_t m = 0; m < solver_.substeps; ++m) {
      const at::Tensor middle = t + h / 2;
      const at::Tensor end = t + h;
      const at::Tensor k1 = slope(z, t);
      const at::Tensor k2 = slope(z + h / 2 * k1, middle);
      const at::Tensor k3 = slope(z + h / 2 * k2, middle);
      const at::Tensor k4 = slope(z + h * k3, end);
      z = z + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
      t = end;
    }
    out.push_back(z);
  }
  return at::cat(out, 1);
}

}  // namespace pacnet
