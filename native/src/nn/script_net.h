// A module of the user's own as a network: its parameters and statistics in the arena, what it computes by LibTorch.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nn/net.h"
#include "nn/script.h"

namespace torch::jit {
struct Module;
}

namespace pacnet {

class ScriptNet final : public Net {
 public:
  /// row: the shape of a row that goes in, {inputs} or {channels, height, width}; head: the name of the output layer's submodule, which
  /// then has so many outputs whatever it had; empty: the last matrix, where it gives the module's outputs.
  ScriptNet(std::shared_ptr<const Script> script, std::vector<int64_t> row, int64_t outputs, const std::string& head);

  const Layout& layout() const noexcept override { return layout_; }
  int64_t inputs() const noexcept override { return inputs_; }
  int64_t outputs() const noexcept override { return outputs_; }
  std::vector<int64_t> row() const override { return row_; }
  /// PyTorch's defaults of linear layers, convolutions and normalisations, whatever the module's own are.
  void initialize(float* params, uint64_t seed) const override;
  void initialize_head(float* params, uint64_t seed) const override;
  int useful_threads(int offered, int64_t batch) const override;
  std::unique_ptr<TrainingPass> training(const TrainingSetup& setup) const override;
  void predict(const float* params, const float* x, int64_t rows, float* out, int threads) const override;
  at::Tensor run(const FormTensors& tensors, const at::Tensor& x) const override;

  /// The module itself, with these weights.
  torch::jit::Module module(const float* params) const;

  /// The weights that the module came with; of a head with other outputs drawn ones.
  void take_weights(float* params, uint64_t seed) const;

 private:
  void check_outputs() const;
  at::Tensor pass(const std::vector<at::Tensor>& values, const std::vector<bool>& moving, bool training, uint64_t seed, const at::Tensor& x) const;

  std::shared_ptr<const Script> script_;
  std::vector<int64_t> row_;
  int64_t inputs_;
  int64_t outputs_;
  bool channels_last_;
  std::vector<std::size_t> place_;  ///< in the layout, of each of the script's tensors
  Layout layout_;
};

}  // namespace pacnet
