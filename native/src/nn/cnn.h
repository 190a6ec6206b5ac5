// A plain convolutional network: blocks of convolution 3x3, BatchNorm, ReLU and max-pooling 2x2, the mean over the
// image, and a linear layer.
#pragma once

#include <vector>

#include "nn/autograd_net.h"

namespace pacnet {

/// Tensors "blocks.I.conv.weight", "blocks.I.bn.*", "fc.*".
class Cnn final : public AutogradNet {
 public:
  /// widths: channels behind each block, at least one.
  Cnn(int64_t channels, int64_t height, int64_t width, int64_t outputs, const std::vector<int64_t>& widths);

 private:
  struct Block {
    Convolution conv;
    Normalisation bn;
  };

  at::Tensor forward(const Tensors& tensors, const at::Tensor& x) const override;
  std::string script() const override;

  std::vector<Block> blocks_;
  Linear fc_;
};

}  // namespace pacnet
