// Latent dynamics by temporal consistency: after Zhao et al., "Simplified Temporal Consistency Reinforcement Learning" (arXiv 2306.09466),
// learnt from trajectories as a neural differential equation is.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "nn/mlp.h"
#include "nn/net.h"

namespace pacnet {

/// What it computes is in pacnet.h. Its rows are those of NeuralOde, but that labels may be more than states.
class LatentNet final : public Net {
 public:
  struct Shape {
    int64_t states;
    int64_t labels;  ///< of a time
    int64_t actions;
    int64_t steps;
    int64_t latent;
    std::vector<int64_t> hidden;
    Activation activation;
  };
  struct Loss {
    double discount;     ///< what each further step counts
    double consistency;  ///< what 1 - cos counts beside the labels' squared errors
    double follow;       ///< of the encoder, that its follower takes on in every training step
  };

  LatentNet(const Shape& shape, const Loss& loss);

  const Layout& layout() const noexcept override { return layout_; }
  int64_t inputs() const noexcept override { return shape_.states + 1 + shape_.steps * (1 + shape_.actions); }
  int64_t outputs() const noexcept override { return shape_.steps * shape_.labels; }
  /// The follower is where the encoder is.
  void initialize(float* params, uint64_t seed) const override;
  void initialize_head(float* params, uint64_t seed) const override;
  int useful_threads(int offered, int64_t batch) const override;
  std::unique_ptr<TrainingPass> training(const TrainingSetup& setup) const override;
  void predict(const float* params, const float* x, int64_t rows, float* out, int threads) const override;
  at::Tensor run(const FormTensors& tensors, const at::Tensor& x) const override;
  at::Tensor error_weights(const at::Tensor& x) const override;

  const Shape& shape() const noexcept { return shape_; }
  /// What a step counts, all of them together as much as they are.
  double weight(int64_t step) const { return weights_[static_cast<std::size_t>(step)]; }
  double consistency() const noexcept { return loss_.consistency; }

  /// A perceptron of it: its parameters are a piece of the arena, of which its own layout is.
  struct Part {
    Mlp mlp;
    int64_t offset;           ///< in the arena
    std::size_t first_tensor;
  };
  const Part& encoder() const noexcept { return encoder_; }    ///< [states] to [latent]
  const Part& follower() const noexcept { return follower_; }  ///< the same, of statistics
  const Part& step() const noexcept { return step_; }          ///< [latent + 1 + actions] to [latent]: what is added
  const Part& head() const noexcept { return head_; }          ///< [latent] to [labels]

  /// One step after the encoder.
  void follow(float* params) const;

 private:
  Part add(const std::string& name, std::vector<int64_t> sizes, int roles);
  at::Tensor apart(const FormTensors& tensors, const std::vector<at::Tensor>& latents) const;

  Shape shape_;
  Loss loss_;
  std::vector<double> weights_;
  Layout layout_;
  int64_t layers_ = 0;
  Part encoder_;
  Part follower_;
  Part step_;
  Part head_;
};

/// Some rows' way through it, and back.
class LatentPass {
 public:
  LatentPass(const LatentNet& net, int64_t capacity, bool training);

  float* input() { return input_.data(); }                ///< [capacity, net.inputs()]: to be filled before forward()
  const float* output() const { return output_.data(); }  ///< [capacity, net.outputs()]

  void forward(const float* params, int64_t rows);
  /// Behind forward() of a training pass, labels being [rows, net.outputs()]: the weighted squared errors of a row's labels, their mean, summed
  /// over the rows; consistency is in the gradients alone.
  double loss(const float* labels) const;
  /// Times `scale`, of what is wanted of each part, written to grads.
  void gradients(const float* params, const float* labels, float scale, const Wanted& encoder, const Wanted& step, const Wanted& head,
                 float* grads);

 private:
  float* latents(int64_t step) { return head_.input() + step * rows_ * net_.shape().latent; }
  void add_consistency(const float* params, const float* labels, float scale);

  const LatentNet& net_;
  bool training_;
  int64_t rows_ = 0;
  MlpPass encoder_;
  MlpPass follower_;
  MlpPass step_;  ///< of training passes a block of rows for each step
  MlpPass head_;
  FloatBuffer input_;
  FloatBuffer output_;
  FloatBuffer latent_gradient_;  ///< [steps, rows, latent]
  FloatBuffer inward_;           ///< [rows, latent + 1 + actions]
};

}  // namespace pacnet
