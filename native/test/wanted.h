// What a fit of every parameter wants.
#pragma once

#include "nn/mlp.h"
#include "prune/mask.h"

namespace pacnet::test {

inline Wanted all_of(const Mlp& mlp) {
  BitMask trainable(mlp.layout());
  for (const Tensor& tensor : mlp.layout().tensors()) {
    trainable.fill(tensor, true);
  }
  return {mlp, trainable};
}

}  // namespace pacnet::test
