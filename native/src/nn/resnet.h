// ResNet-18 (He et al. 2016), with torchvision's architecture and parameter names.
#pragma once

#include <optional>
#include <vector>

#include "nn/autograd_net.h"

namespace pacnet {

/// Images of up to 40 pixels enter by a convolution 3x3, as is usual for CIFAR; larger ones by torchvision's stem, 7x7
/// with stride 2 and max-pooling.
class ResNet18 final : public AutogradNet {
 public:
  /// base: channels of the first stage, 64 in the paper; each of the other three has twice those of the one before.
  ResNet18(int64_t channels, int64_t height, int64_t width, int64_t outputs, int64_t base);

 private:
  struct Unit {
    Convolution conv;
    Normalisation bn;
    at::Tensor operator()(const Tensors& tensors, const at::Tensor& x) const { return bn(tensors, conv(tensors, x)); }
  };
  struct Block {
    Unit first;
    Unit second;
    std::optional<Unit> downsample;
    at::Tensor operator()(const Tensors& tensors, const at::Tensor& x) const;
  };

  Unit add_unit(const std::string& conv, const std::string& bn, int64_t in, int64_t out, int64_t kernel,
                int64_t stride);
  at::Tensor forward(const Tensors& tensors, const at::Tensor& x) const override;
  std::string script() const override;
  using AutogradNet::script_of;
  std::string script_of(const Unit& unit, const std::string& x) const;

  bool small_;
  Unit stem_;
  std::vector<Block> blocks_;
  Linear fc_;
};

}  // namespace pacnet
