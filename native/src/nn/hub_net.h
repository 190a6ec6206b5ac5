// Several networks, and a router that says for each row how much each of them counts: Hub-Pathway (Shu, Cao, Zhang, Wang and Long, "Hub-Pathway:
// Transfer Learning from A Hub of Pre-trained Models", NeurIPS 2022).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "nn/family.h"
#include "nn/net.h"

namespace pacnet {

/// What it computes is in pacnet.h.
class HubNet final : public Net {
 public:
  HubNet(std::unique_ptr<Net> kind, int64_t members, int64_t top, double explore, double noise);

  const Layout& layout() const noexcept override { return layout_; }
  int64_t inputs() const noexcept override { return family_.kind().inputs(); }
  int64_t outputs() const noexcept override { return family_.kind().outputs(); }
  std::vector<int64_t> row() const override { return family_.kind().row(); }
  /// Of the router zeros: all members count the same.
  void initialize(float* params, uint64_t seed) const override;
  void initialize_head(float* params, uint64_t seed) const override;
  int useful_threads(int offered, int64_t batch) const override { return family_.kind().useful_threads(offered, batch * members_); }
  std::unique_ptr<TrainingPass> training(const TrainingSetup& setup) const override;
  void predict(const float* params, const float* x, int64_t rows, float* out, int threads) const override;
  at::Tensor run(const FormTensors& tensors, const at::Tensor& x) const override;

 private:
  at::Tensor shares(const FormTensors& tensors, const at::Tensor& x) const;

  Family family_;
  int64_t members_;
  int64_t top_;
  double explore_;
  double noise_;
  Layout layout_;
};

}  // namespace pacnet
