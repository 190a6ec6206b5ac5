#include "nn/cnn.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>

#include <algorithm>

#include "core/error.h"

namespace pacnet {

Cnn::Cnn(int64_t channels, int64_t height, int64_t width, int64_t outputs, const std::vector<int64_t>& widths)
    : AutogradNet(channels, height, width, outputs) {
  require(!widths.empty(), "a convolutional network needs at least one block");
  const auto least = int64_t{1} << std::min<std::size_t>(widths.size(), 30);
  require(height >= least && width >= least,
          "an image of " + std::to_string(height) + "x" + std::to_string(width) + " pixels is too small for " +
              std::to_string(widths.size()) + " blocks, which need " + std::to_string(least) + "x" +
              std::to_string(least));
  int64_t in = channels;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (i > 0) {
      next_layer();
    }
    const std::string name = "blocks." + std::to_string(i);
    const Convolution conv = add_convolution(name + ".conv", in, widths[i], 3, 1);
    blocks_.push_back({conv, add_normalisation(name + ".bn", widths[i])});
    in = widths[i];
  }
  fc_ = add_head("fc", in);
}

at::Tensor Cnn::forward(const Tensors& tensors, const at::Tensor& x) const {
  at::Tensor a = x;
  for (const Block& block : blocks_) {
    a = at::max_pool2d(at::relu(block.bn(tensors, block.conv(tensors, a))), {2, 2});
    observe(tensors, a);
  }
  return pooled_head(tensors, fc_, a);
}

std::string Cnn::script() const {
  std::string text;
  for (const Block& block : blocks_) {
    text += "  x = torch.max_pool2d(torch.relu(" + script_of(block.bn, script_of(block.conv, "x")) + "), [2, 2])\n";
  }
  return text + script_pooled_head(fc_, "x");
}

}  // namespace pacnet
