// The multilayer perceptron: where its parameters lie, and forward and backward written out, without autograd, into
// buffers allocated once.
#pragma once

#include <cstdint>
#include <vector>

#include "core/arena.h"
#include "nn/activation.h"
#include "nn/loss.h"
#include "nn/net.h"
#include "pacnet/pacnet.h"
#include "prune/mask.h"

namespace pacnet {

class Random;

/// The shape of the network and of its parameters. Layer l has tensors 2l (weight [out, in]) and 2l + 1 (bias [out]).
class Mlp final : public Net {
 public:
  Mlp(std::vector<int64_t> sizes, Activation activation, double dropout);

  const Layout& layout() const noexcept override { return layout_; }
  int64_t inputs() const noexcept override { return sizes_.front(); }
  int64_t outputs() const noexcept override { return sizes_.back(); }
  /// Weights and biases from U(-1/sqrt(in), 1/sqrt(in)).
  void initialize(float* params, uint64_t seed) const override;
  void initialize_head(float* params, uint64_t seed) const override;
  int useful_threads(int offered, int64_t batch) const override;
  std::unique_ptr<TrainingPass> training(const TrainingSetup& setup) const override;
  void predict(const float* params, const float* x, int64_t rows, float* out, int threads) const override;
  at::Tensor run(const FormTensors& tensors, const at::Tensor& x) const override;
  std::string script() const override;

  int64_t layers() const noexcept { return static_cast<int64_t>(sizes_.size()) - 1; }
  /// Width of the activations behind `layer` layers; 0 is the input.
  int64_t width(int64_t layer) const { return sizes_[static_cast<std::size_t>(layer)]; }
  Activation activation() const noexcept { return activation_; }
  double dropout() const noexcept { return dropout_; }

  const Tensor& weight(int64_t layer) const { return layout_.tensors()[static_cast<std::size_t>(2 * layer)]; }
  const Tensor& bias(int64_t layer) const { return layout_.tensors()[static_cast<std::size_t>(2 * layer + 1)]; }

 private:
  /// Multiplications and additions of one training step on a row: forward, and two products backward.
  double training_flops_per_row() const;
  void draw_layer(float* params, int64_t layer, Random& random) const;

  std::vector<int64_t> sizes_;
  Activation activation_;
  double dropout_;
  Layout layout_;
};

/// Which gradients a fit needs: those of what may move, and below the lowest of these no others either.
struct Wanted {
  Wanted(const Mlp& mlp, const BitMask& trainable);

  std::vector<bool> weights;  ///< by layer
  std::vector<bool> biases;
  int64_t lowest;  ///< layer; layers() where nothing moves
};

/// The activations of up to `capacity` rows and, for training, their gradients. Rows are independent until
/// weight_gradients(), so threads may work on disjoint rows at once.
class MlpPass {
 public:
  MlpPass(const Mlp& mlp, int64_t capacity, bool training);

  /// [capacity, inputs]: to be filled before forward().
  float* input() { return at(activations_, 0); }
  /// [capacity, outputs]: the network's output; valid after forward().
  const float* output() const { return activations_.back().data(); }

  /// Rows [begin, end). dropout_key: 0 turns dropout off, anything else draws the step's pattern.
  void forward(const float* params, int64_t begin, int64_t end, uint32_t dropout_key);
  /// The loss summed over rows [begin, end) of the batch, and its gradient times 1/batch_rows and that of the terms down to
  /// layer `lowest`. reference: those rows' pass with the terms' reference, if they have one. labels: those of row
  /// `begin` on. The spectral term wants all rows of the batch at once.
  double loss_and_backward(const float* params, const LossSpec& loss, const Terms& terms, const MlpPass* reference,
                           const float* labels, int64_t begin, int64_t end, int64_t batch_rows, uint32_t dropout_key,
                           int64_t lowest);
  /// [capacity, outputs]: to be filled before backward().
  float* output_gradient() { return gradients_.back().data(); }
  /// From there to every layer's product, without terms; for rows [begin, end) behind forward() without dropout.
  void backward(const float* params, int64_t begin, int64_t end);
  /// Of the input, behind backward(): [end - begin, inputs].
  void input_gradient(const float* params, int64_t begin, int64_t end, float* out) const;
  /// What came out of `rows` rows, to others of the same pass.
  void copy_output(int64_t from, int64_t to, int64_t rows);
  /// Takes over what forward() left of the first rows of another pass of the same network.
  void take(const MlpPass& other, int64_t rows);
  /// Gradients of the wanted parameters that belong to the thread's share of every layer's outputs, over all batch_rows.
  void weight_gradients(int64_t batch_rows, const Wanted& wanted, int thread, int threads, float* grads) const;

 private:
  /// The same with the terms, down to layer `lowest`.
  void backward(const float* params, const Terms& terms, const MlpPass* reference, int64_t begin, int64_t end,
                int64_t batch_rows, uint32_t dropout_key, int64_t lowest);
  static float* at(std::vector<FloatBuffer>& buffers, int64_t layer) {
    return buffers[static_cast<std::size_t>(layer)].data();
  }
  static const float* at(const std::vector<FloatBuffer>& buffers, int64_t layer) {
    return buffers[static_cast<std::size_t>(layer)].data();
  }
  float* saved(int64_t layer);
  Dropout dropout(int64_t layer, uint32_t key) const;

  const Mlp& mlp_;
  std::vector<FloatBuffer> activations_;  ///< [l]: behind l layers
  std::vector<FloatBuffer> saved_;        ///< [l]: what the activation of layer l keeps for backward, where it must
  std::vector<FloatBuffer> gradients_;    ///< [l]: of the loss with respect to layer l's product, l >= 1
};

}  // namespace pacnet
