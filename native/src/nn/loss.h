// Losses with their gradients, in PyTorch's definitions with reduction "mean".
#pragma once

#include <cstdint>

#include "pacnet/pacnet.h"

namespace pacnet {

struct LossSpec {
  Loss kind;
  double huber_delta;
};

/// Sum over `rows` of the loss of a row: for MSE, MAE and Huber (Huber 1964) the mean over the outputs, for cross-entropy
/// -log softmax(out)[y]. Writes d(sum)/d(out) * scale to `grad` unless it is null.
/// out, grad: [rows, outputs]; y: [rows, outputs], or [rows] class indices.
double loss_sum(const LossSpec& spec, const float* out, const float* y, int64_t rows, int64_t outputs, float scale,
                float* grad);

}  // namespace pacnet
