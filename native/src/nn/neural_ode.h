// Neural ordinary differential equations (Chen et al. 2018): dz/dt = f(z), with the time or actions beside z where wanted, f a
// perceptron, learnt from pieces of trajectories. The gradient goes back through the solver's own steps.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "nn/mlp.h"
#include "nn/net.h"
#include "nn/small_lu.h"

namespace pacnet {

/// A row that goes in is a first state, its time, the distances between the `steps` times that follow, and for each of these what is done until
/// then, [states + 1 + steps + steps * actions]. A row that comes out is the states at those times, one behind the other: [steps * states].
class NeuralOde final : public Net {
 public:
  struct Solver {
    int64_t substeps = 1;    ///< of RK4 between two times
    double tolerance = 0.0;  ///< above 0: Dormand-Prince instead, relative to the state and absolute
    bool implicit = false;   ///< Kvaerno's method in the place of either, for stiff equations
  };

  NeuralOde(int64_t states, int64_t actions, int64_t steps, bool time, const std::vector<int64_t>& hidden, Activation activation,
            Solver solver);

  const Layout& layout() const noexcept override { return field_.layout(); }
  int64_t inputs() const noexcept override { return states_ + 1 + steps_ * (1 + actions_); }
  int64_t outputs() const noexcept override { return steps_ * states_; }
  void initialize(float* params, uint64_t seed) const override { field_.initialize(params, seed); }
  void initialize_head(float* params, uint64_t seed) const override { field_.initialize_head(params, seed); }
  int useful_threads(int offered, int64_t batch) const override;
  std::unique_ptr<TrainingPass> training(const TrainingSetup& setup) const override;
  void predict(const float* params, const float* x, int64_t rows, float* out, int threads) const override;
  /// With RK4.
  at::Tensor run(const FormTensors& tensors, const at::Tensor& x) const override;

  const Mlp& field() const noexcept { return field_; }  ///< f: [states (+ 1) + actions] to [states]
  int64_t states() const noexcept { return states_; }
  int64_t actions() const noexcept { return actions_; }
  int64_t steps() const noexcept { return steps_; }
  bool time() const noexcept { return time_; }
  const Solver& solver() const noexcept { return solver_; }

 private:
  int64_t states_;
  int64_t actions_;
  int64_t steps_;
  bool time_;
  Solver solver_;
  Mlp field_;
};

/// Some rows' way through the solver, and back. With RK4 rows do not depend on each other; with Dormand-Prince those of
/// one call share their steps, as long as the most difficult of them allows. An implicit method finds its stages by Newton's method,
/// and the gradient goes back through what they solve, not through how that was found; with a tolerance its steps end where outputs are, as
/// those of any method do where an action may jump.
class OdePass {
 public:
  OdePass(const NeuralOde& ode, int64_t capacity, bool training);

  float* input() { return input_.data(); }          ///< [capacity, ode.inputs()]: to be filled before forward()
  const float* output() const { return output_.data(); }  ///< [capacity, ode.outputs()]
  /// [capacity, ode.outputs()]: to be filled between forward() and backward().
  float* output_gradient() { return output_gradient_.data(); }

  /// Throws kErrorDiverged where no step is short enough for the tolerance, or an implicit stage is not found.
  void forward(const float* params, int64_t rows);
  void backward(const float* params);
  /// Of all that backward() went over.
  void weight_gradients(const Wanted& wanted, float* grads) const;

 private:
  /// z = z + h sum b k over the stages from `block` on, h being `scale` times the row's time for `interval`, or for
  /// the whole row where that is negative.
  struct Step {
    int64_t block;
    bool shares_first;  ///< the first stage is the last one of the step before, in the same block
    int64_t interval;
    double scale;
    std::size_t first_emission;
    std::size_t end_emission;
  };
  /// An output inside a step.
  struct Emission {
    int64_t row;
    int64_t time;
    double theta;  ///< 1: at its end
  };

  double length(const Step& step, int64_t row) const;
  bool stages(const float* params, const Step& step, double from, int first = 0);
  void stage(const Step& step, double from, int i);
  bool implicit_stage(const float* params, const Step& step, double from, int i);
  bool newton_matrices(const float* params, const Step& step, int64_t block);
  void through_equation(const float* params, const Step& step, int64_t block);
  void make_room(const Step& step, int known);
  void emit(const Step& step, const Emission& emission);
  void advance(const Step& step);
  double moved(const Step& step, int64_t row, int64_t state) const;
  double error(const Step& step);
  void fixed(const float* params);
  void adaptive(const float* params);
  void between_outputs(const float* params);
  bool shorten(Step& step, double off, double* factor);
  void go_on(Step& step);
  void backward(const float* params, const Step& step, bool last_is_shared);

  const float* slope(int64_t block) const { return pass_->output() + block * rows_ * states_; }

  const NeuralOde& ode_;
  const struct RungeKutta& method_;
  bool training_;
  int64_t states_;
  int64_t width_;  ///< of what goes into f
  int64_t capacity_;
  int64_t blocks_;  ///< that pass_ has room for
  int64_t rows_ = 0;
  std::unique_ptr<MlpPass> pass_;
  std::vector<double> whole_;  ///< by row, from its first time to its last
  FloatBuffer input_;
  FloatBuffer output_;
  FloatBuffer output_gradient_;
  FloatBuffer state_;     ///< [rows, states]
  FloatBuffer gradient_;  ///< of the state
  FloatBuffer inward_;    ///< of what goes into f, [rows, width]
  std::vector<SmallLu> matrices_;                      ///< by row, I - h a_ii df/dz
  std::vector<std::vector<double>> jacobian_;          ///< by row, [states, states]
  std::vector<double> base_;                           ///< [rows, states], a stage without its own slope
  std::vector<double> own_;                            ///< [states] of one row
  std::vector<Step> steps_;
  std::vector<Emission> emissions_;
};

}  // namespace pacnet
