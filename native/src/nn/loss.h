// Losses with their gradients, in PyTorch's definitions with reduction "mean".
#pragma once

#include <cstdint>

#include "pacnet/pacnet.h"

namespace pacnet {

struct LossSpec {
  Loss kind;
  double huber_delta;
  int64_t classes;  ///< cross-entropy: the outputs that the label is one of, the first ones; others are of no account
};

/// Sum over `rows` of the loss of a row: for MSE, MAE and Huber (Huber 1964) the mean over the outputs, for cross-entropy
/// -log softmax(out)[y] over the first `classes` outputs. Writes d(sum)/d(out) * scale to `grad` unless it is null.
/// out, grad: [rows, outputs]; y: [rows, outputs], or [rows] class indices.
double loss_sum(const LossSpec& spec, const float* out, const float* y, int64_t rows, int64_t outputs, float scale,
                float* grad);

}  // namespace pacnet
