// Several networks of one kind as parts of another.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/arena.h"
#include "nn/net.h"
#include "nn/tensor_form.h"

namespace pacnet {

/// Of one piece of a prediction.
constexpr int64_t kFamilyRows = 1024;

class Family {
 public:
  explicit Family(std::unique_ptr<Net> kind) : kind_(std::move(kind)) {}

  const Net& kind() const noexcept { return *kind_; }

  /// Adds the tensors of the next member to a layout, of which they must be the next too: then a member's arena is a piece of the whole.
  void add(const std::string& name, Layout& layout) {
    for (const Tensor& tensor : kind_->layout().tensors()) {
      layout.add(name + "." + tensor.name, tensor.dims, tensor.roles, tensor.layer);
    }
  }

  /// A member's part of an arena.
  float* params_of(std::size_t member, float* params) const { return params + static_cast<int64_t>(member) * kind_->layout().extent(); }

  /// A member's part of a pass, without features and dropout.
  FormTensors tensors_of(std::size_t member, const FormTensors& all) const {
    const std::size_t count = kind_->layout().tensors().size();
    return part_of(all, member * count, count);
  }

 private:
  std::unique_ptr<Net> kind_;
};

}  // namespace pacnet
