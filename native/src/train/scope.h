// What a fit may move and where it pulls it: FitScope's insides.
#pragma once

#include <vector>

#include "core/arena.h"
#include "optim/masked_step.h"
#include "prune/mask.h"

namespace pacnet {

struct Scope {
  explicit Scope(const Layout& network) : layout(network), trainable(network) {
    const auto& tensors = layout.tensors();
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      trainable.fill(tensors[t], true);
      segments.push_back(
          {tensors[t].offset, t + 1 < tensors.size() ? tensors[t + 1].offset : layout.extent(), 0.0F});
    }
  }

  const Layout layout;
  BitMask trainable;
  std::vector<Segment> segments;  ///< one a tensor
  FloatBuffer anchor;             ///< empty for zeros
  bool frozen_zero = false;
};

}  // namespace pacnet
