// Networks as TorchScript, for whoever loads that: LibTorch in C++, DJL in Java, PyTorch.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "nn/net.h"

namespace pacnet {

/// What is made of rows before the network sees them, and of what it says.
struct ScriptUnits {
  std::vector<int64_t> row;      ///< the shape of a row that goes in, {inputs} or {channels, height, width}
  std::span<const float> shift;  ///< of each of row's first dimension: what goes in less this, over scale
  std::span<const float> scale;
  std::span<const float> unit;  ///< of each output: what comes out times this, and offset; empty for probabilities
  std::span<const float> offset;
};

/// Writes a file as torch.jit.save does. metadata: text, in the archive's metadata.json. Throws kErrorInvalidArgument for a network that has no
/// such form.
void save_script(const Net& net, const float* params, const ScriptUnits& units, const std::string& metadata, const std::string& file);

/// A tensor in the text of a forward, by its name in the layout.
std::string script_name(const Tensor& tensor);

}  // namespace pacnet
