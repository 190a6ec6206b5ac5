#include "nn/resnet.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>

#include <algorithm>

#include "core/error.h"

namespace pacnet {

namespace {

constexpr int64_t kLargestSmallImage = 40;
// The last stage has an eighth of the stem's size.
constexpr int64_t kSmallestImage = 8;

}  // namespace

ResNet18::ResNet18(int64_t channels, int64_t height, int64_t width, int64_t outputs, int64_t base)
    : AutogradNet(channels, height, width, outputs), small_(std::max(height, width) <= kLargestSmallImage) {
  require(std::min(height, width) >= kSmallestImage,
          "an image of " + std::to_string(height) + "x" + std::to_string(width) + " pixels is too small for resnet18, " +
              "which needs " + std::to_string(kSmallestImage) + "x" + std::to_string(kSmallestImage));
  stem_ = add_unit("conv1", "bn1", channels, base, small_ ? 3 : 7, small_ ? 1 : 2);
  int64_t in = base;
  for (int stage = 0; stage < 4; ++stage) {
    const int64_t out = base << stage;
    for (int b = 0; b < 2; ++b) {
      next_layer();
      const std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(b);
      const int64_t stride = stage > 0 && b == 0 ? 2 : 1;
      Block block{add_unit(name + ".conv1", name + ".bn1", in, out, 3, stride),
                  add_unit(name + ".conv2", name + ".bn2", out, out, 3, 1), std::nullopt};
      if (stride != 1 || in != out) {
        block.downsample = add_unit(name + ".downsample.0", name + ".downsample.1", in, out, 1, stride);
      }
      blocks_.push_back(block);
      in = out;
    }
  }
  fc_ = add_head("fc", in);
}

ResNet18::Unit ResNet18::add_unit(const std::string& conv, const std::string& bn, int64_t in, int64_t out,
                                  int64_t kernel, int64_t stride) {
  const Convolution convolution = add_convolution(conv, in, out, kernel, stride);
  return {convolution, add_normalisation(bn, out)};
}

at::Tensor ResNet18::Block::operator()(const Tensors& tensors, const at::Tensor& x) const {
  const at::Tensor a = second(tensors, at::relu(first(tensors, x)));
  return at::relu(a + (downsample ? (*downsample)(tensors, x) : x));
}

at::Tensor ResNet18::forward(const Tensors& tensors, const at::Tensor& x) const {
  at::Tensor a = at::relu(stem_(tensors, x));
  if (!small_) {
    a = at::max_pool2d(a, {3, 3}, {2, 2}, {1, 1});
  }
  observe(tensors, a);
  for (const Block& block : blocks_) {
    a = block(tensors, a);
    observe(tensors, a);
  }
  return pooled_head(tensors, fc_, a);
}

std::string ResNet18::script_of(const Unit& unit, const std::string& x) const {
  return AutogradNet::script_of(unit.bn, AutogradNet::script_of(unit.conv, x));
}

std::string ResNet18::script() const {
  std::string text = "  x = torch.relu(" + script_of(stem_, "x") + ")\n";
  if (!small_) {
    text += "  x = torch.max_pool2d(x, [3, 3], [2, 2], [1, 1])\n";
  }
  for (const Block& block : blocks_) {
    text += "  a = " + script_of(block.second, "torch.relu(" + script_of(block.first, "x") + ")") + "\n";
    text += "  x = torch.relu(a + " + (block.downsample ? script_of(*block.downsample, "x") : std::string("x")) + ")\n";
  }
  return text + script_pooled_head(fc_, "x");
}

}  // namespace pacnet
