#include "nn/script_check.h"

#include <ATen/core/jit_type.h>
#include <c10/util/Exception.h>
#include <caffe2/serialize/in_memory_adapter.h>
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <algorithm>
#include <array>
#include <memory>
#include <sstream>
#include <string_view>

#include "core/error.h"

namespace pacnet {

std::string last_line(const std::exception& e) {
  const auto* own = dynamic_cast<const c10::Error*>(&e);
  std::istringstream text(own != nullptr ? own->what_without_backtrace() : e.what());
  std::string last = "no reason given";
  for (std::string line; std::getline(text, line);) {
    if (line.find_first_not_of(" ~<-.") != std::string::npos && line.find("<--- HERE") == std::string::npos) {
      last = line;
    }
  }
  return last;
}

void check_script_archive(const uint8_t* archive, int64_t bytes) {
  caffe2::serialize::PyTorchStreamReader reader(std::make_shared<caffe2::serialize::MemoryReadAdapter>(archive, bytes));
  bool code = false;
  for (const std::string& name : reader.getAllRecords()) {
    const bool source = name.starts_with("code/");
    code |= source;
    if (!source && !name.ends_with(".pkl")) {
      continue;
    }
    const auto [data, size] = reader.getRecord(name);
    const std::string_view text(static_cast<const char*>(data.get()), size);
    require(text.find("torch.classes") == std::string_view::npos,
            "it holds objects of C++ classes (" + name + "): quantised and packed modules can't be trained");
    require(!source || text.find("__setstate__") == std::string_view::npos,
            "it has code that runs as it is loaded (__setstate__ in " + name + "), which is refused");
  }
  require(code, "it holds weights and no code: write it by torch.jit.save(torch.jit.script(module), file), not by torch.save");
}

namespace {

// Operators of LibTorch's own that reach out of the tensors that they are given.
constexpr std::array<std::string_view, 12> kRefused = {
    "aten::from_file", "aten::save",       "aten::set_",        "aten::resize_",     "aten::set_data",     "prim::Print",
    "prim::PythonOp",  "prim::CallMethod", "prim::CallFunction", "prim::InterfaceCall", "prim::fork",      "prim::awaitable"};

// Every operator that a pass can come to. Returns whether one of them draws random numbers.
bool check_operators(const torch::jit::Block& block) {
  bool draws = false;
  for (const torch::jit::Node* node : block.nodes()) {
    const std::string name = node->kind().toQualString();
    const bool known = name.starts_with("aten::") || name.starts_with("prim::");
    const bool distant = name.starts_with("prim::rpc");
    require(known && !distant && std::find(kRefused.begin(), kRefused.end(), name) == kRefused.end(),
            "its forward calls " + name + ", which is not among what may be called (LibTorch's own operators on tensors)");
    if (name == "prim::SetAttr") {
      throw Error(kErrorInvalidArgument,
                  "its forward assigns to its attribute " + node->s(c10::attr::name) + ": what it changes would be lost");
    }
    for (const c10::Symbol attribute : node->attributeNames()) {
      const auto kind = node->kindOf(attribute);
      require(kind != torch::jit::AttributeKind::g && kind != torch::jit::AttributeKind::gs,
              "its forward has a graph of its own in " + name + ", which is refused");
    }
    draws |= node->isNondeterministic() || name.find("dropout") != std::string::npos ||
             name.find("rand") != std::string::npos || name.find("attention") != std::string::npos;
    for (const torch::jit::Block* inner : node->blocks()) {
      draws |= check_operators(*inner);
    }
  }
  return draws;
}

}  // namespace

bool check_forward(const torch::jit::Module& module) {
  const auto method = module.find_method("forward");
  require(method.has_value(), "it has no method forward");
  const c10::FunctionSchema& schema = method->function().getSchema();
  const auto& arguments = schema.arguments();
  const auto given = std::count_if(arguments.begin() + 1, arguments.end(), [](const c10::Argument& a) { return !a.default_value(); });
  require(arguments.size() >= 2 && given <= 1 && arguments[1].type()->isSubtypeOf(*c10::TensorType::get()),
          "its forward must take one tensor, a batch, and not " + std::to_string(given) + " inputs");
  require(schema.returns().size() == 1 && schema.returns()[0].type()->isSubtypeOf(*c10::TensorType::get()),
          "its forward must give one tensor, and gives " + (schema.returns().empty() ? "nothing" : schema.returns()[0].type()->str()));
  auto graph = method->graph()->copy();
  torch::jit::Inline(*graph);
  return check_operators(*graph->block());
}

}  // namespace pacnet
