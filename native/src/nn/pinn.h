// Physics-informed networks (Raissi, Perdikaris & Karniadakis 2019): u(x, t) by a tanh perceptron that is taught to solve a
// partial differential equation and to meet what is known of u.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "nn/jet.h"
#include "nn/mlp.h"
#include "nn/net.h"
#include "nn/residual.h"

namespace pacnet {

/// A row that goes in has four columns, each at its place: x in [-1, 1], t in [0, 1], the equation's coefficient there,
/// and what is asked: 0 for the equation's residual, 1 for u, 2 for u_t. That is what comes out: [1].
class Pinn final : public Net {
 public:
  /// columns: where x, t, coefficient and condition are; weight: of u's and u_t's squared errors beside the residual's.
  Pinn(Residual residual, const std::vector<int64_t>& hidden, std::array<int64_t, 4> columns, double weight);

  const Layout& layout() const noexcept override { return field_.layout(); }
  int64_t inputs() const noexcept override { return 4; }
  int64_t outputs() const noexcept override { return 1; }
  void initialize(float* params, uint64_t seed) const override { field_.initialize(params, seed); }
  void initialize_head(float* params, uint64_t seed) const override { field_.initialize_head(params, seed); }
  int useful_threads(int offered, int64_t batch) const override;
  std::unique_ptr<TrainingPass> training(const TrainingSetup& setup) const override;
  void predict(const float* params, const float* x, int64_t rows, float* out, int threads) const override;
  at::Tensor run(const FormTensors& tensors, const at::Tensor& x) const override;
  at::Tensor error_weights(const at::Tensor& x) const override;

  const Residual& residual() const noexcept { return residual_; }
  const std::array<int64_t, 4>& columns() const noexcept { return columns_; }
  double weight() const noexcept { return weight_; }
  const Mlp& field() const noexcept { return field_; }
  int channels() const noexcept { return residual_.needs_tt() ? 5 : 4; }

 private:
  Residual residual_;
  std::array<int64_t, 4> columns_;
  double weight_;
  Mlp field_;
};

}  // namespace pacnet
