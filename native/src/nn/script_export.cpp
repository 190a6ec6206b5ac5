#include "nn/script_export.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>

#include "core/error.h"
#include "nn/script_net.h"
#include "nn/tensor_form.h"

namespace pacnet {

namespace {

using torch::jit::Module;
using CodeUnit = std::shared_ptr<torch::jit::CompilationUnit>;

at::Tensor copied(const float* values, at::IntArrayRef sizes) { return tensor_at(values, sizes, at::kCPU).clone(); }

std::vector<std::string> parts_of(const std::string& name) {
  std::vector<std::string> parts(1);
  for (const char c : name) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// A module for each part of the names, the tensors in their leaves.
struct Tree {
  std::vector<std::pair<std::string, const Tensor*>> tensors;
  std::vector<std::pair<std::string, std::unique_ptr<Tree>>> children;

  void add(const Tensor& tensor) {
    Tree* at = this;
    const std::vector<std::string> parts = parts_of(tensor.name);
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto found = std::find_if(at->children.begin(), at->children.end(), [&](const auto& child) { return child.first == parts[i]; });
      if (found == at->children.end()) {
        at->children.emplace_back(parts[i], std::make_unique<Tree>());
        at = at->children.back().second.get();
      } else {
        at = found->second.get();
      }
    }
    at->tensors.emplace_back(parts.back(), &tensor);
  }

  Module module(const std::string& name, const float* params, const CodeUnit& unit) const {
    Module own(c10::QualifiedName(name), unit);
    for (const auto& [child, tree] : children) {
      own.register_module(child, tree->module(name + "_" + child, params, unit));
    }
    for (const auto& [leaf, tensor] : tensors) {
      const at::Tensor values = copied(params + tensor->offset, tensor->dims);
      if (tensor->is(kRoleStatistics)) {
        own.register_buffer(leaf, values);
      } else {
        own.register_parameter(leaf, values.set_requires_grad(true), false);
      }
    }
    return own;
  }
};

Module network_of(const Net& net, const float* params, const CodeUnit& unit) {
  if (const auto* own = dynamic_cast<const ScriptNet*>(&net)) {
    return own->module(params);
  }
  Tree tree;
  for (const Tensor& tensor : net.layout().tensors()) {
    tree.add(tensor);
  }
  Module network = tree.module("__torch__.pacnet.Network", params, unit);
  network.define("def forward(self, x: Tensor) -> Tensor:\n" + net.script());
  return network;
}

}  // namespace

std::string script_name(const Tensor& tensor) {
  std::string text = "self";
  for (const std::string& part : parts_of(tensor.name)) {
    const bool number = std::isdigit(static_cast<unsigned char>(part.front())) != 0;
    if (number) {
      text.insert(0, "getattr(").append(", \"").append(part).append("\")");
    } else {
      text.append(".").append(part);
    }
  }
  return text;
}

void save_script(const Net& net, const float* params, const ScriptUnits& units, const std::string& metadata, const std::string& file) {
  const at::NoGradGuard no_gradients;
  const auto unit = std::make_shared<torch::jit::CompilationUnit>();
  Module model(c10::QualifiedName("__torch__.pacnet.Model"), unit);
  std::vector<int64_t> across(units.row.size(), 1);
  across.front() = units.row.front();
  model.register_buffer("shift", copied(units.shift.data(), across));
  model.register_buffer("scale", copied(units.scale.data(), across));
  model.register_module("network", network_of(net, params, unit));
  std::string forward = "def forward(self, x: Tensor) -> Tensor:\n  y = self.network.forward((torch.to(x, 6) - self.shift) / self.scale)\n";
  if (units.unit.empty()) {
    forward += "  return torch.softmax(y, 1)\n";
  } else {
    const int64_t outputs[] = {net.outputs()};
    model.register_buffer("unit", copied(units.unit.data(), outputs));
    model.register_buffer("offset", copied(units.offset.data(), outputs));
    forward += "  return y * self.unit + self.offset\n";
  }
  model.define(forward);
  model.eval();
  // As a stream: of a file the archive would keep the name.
  std::ofstream out(file, std::ios::binary);
  model.save(out, {{"metadata.json", metadata}});
  if (!out.flush()) {
    throw std::runtime_error(file + " can't be written");
  }
}

}  // namespace pacnet
