// A network that is taught by others of its kind, each as far as it is near: after Vid2Act's domain-selective distillation (Pan et al.,
// "Vid2Act: Activate Offline Videos for Visual RL", arXiv 2306.03360).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "nn/family.h"
#include "nn/net.h"

namespace pacnet {

/// What it computes is in pacnet.h.
class TaughtNet final : public Net {
 public:
  TaughtNet(std::unique_ptr<Net> kind, int64_t teachers, double strength, double least);

  const Layout& layout() const noexcept override { return layout_; }
  int64_t inputs() const noexcept override { return family_.kind().inputs() + teachers_ * features_; }
  int64_t outputs() const noexcept override { return family_.kind().outputs(); }
  /// The projection is the identity, and no teacher nearer than another.
  void initialize(float* params, uint64_t seed) const override;
  void initialize_head(float* params, uint64_t seed) const override { family_.kind().initialize_head(params, seed); }
  int useful_threads(int offered, int64_t batch) const override { return family_.kind().useful_threads(offered, batch); }
  std::unique_ptr<TrainingPass> training(const TrainingSetup& setup) const override;
  void predict(const float* params, const float* x, int64_t rows, float* out, int threads) const override;
  at::Tensor run(const FormTensors& tensors, const at::Tensor& x) const override;

 private:
  /// taught: what each teacher's head is given, [rows, teachers * features]; z: what the student's is, [rows, features].
  at::Tensor lesson(const FormTensors& tensors, const at::Tensor& taught, const at::Tensor& z) const;

  Family family_;
  int64_t teachers_;
  double strength_;
  double least_;
  int64_t features_;
  Layout layout_;
};

}  // namespace pacnet
