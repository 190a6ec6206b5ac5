// A module that PyTorch wrote by torch.jit.save: read, looked through, and run on tensors that are given to it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace torch::jit {
struct Module;
}

namespace pacnet {

/// One parameter, or one running mean or variance, of a module. Places that share it in the module share it here.
struct ScriptTensor {
  std::string name;  ///< of its first place
  std::vector<int64_t> dims;
  int roles;         ///< a sum of TensorRole, without kRoleHead
  int64_t owner;     ///< the submodule it is of, counted in the module's order
  at::Tensor value;  ///< float, contiguous; undefined where the archive came without weights
};

/// How a pass goes.
struct ScriptPass {
  const std::vector<at::Tensor>& values;  ///< one for each of Script::tensors()
  const std::vector<bool>& moving;        ///< likewise; of statistics: whether a training pass moves them
  bool training;
  uint64_t seed;  ///< of what the module draws, if it draws
};

/// Any number of threads at a time.
class Script {
 public:
  /// Throws kErrorInvalidArgument where it can't be read, or is nothing that can be trained here: pacnet.h says what can.
  Script(const uint8_t* archive, int64_t bytes);
  ~Script();
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  const std::vector<ScriptTensor>& tensors() const noexcept;
  bool has_weights() const noexcept;
  /// What was changed as it was read, in words; or empty.
  const std::string& notes() const noexcept;
  /// The archive with a single zero in the place of each tensor's values.
  const std::string& code() const noexcept;

  /// What the module says of x, as floats of any shape.
  at::Tensor run(const ScriptPass& pass, const at::Tensor& x) const;

  /// The module with a copy of such values, one for each of tensors().
  torch::jit::Module with(const std::vector<at::Tensor>& values) const;

  /// Whether `question` was answered before, which is then so.
  bool known(const std::string& question) const;
  void know(const std::string& question) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pacnet
