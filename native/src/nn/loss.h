// Losses with their gradients, in PyTorch's definitions with reduction "mean".
#pragma once

#include <cstdint>

#include "pacnet/pacnet.h"

namespace pacnet {

struct LossSpec {
  Loss kind;
  double huber_delta;
  int64_t classes;  ///< cross-entropy: the outputs that the label is one of, the first ones; others are of no account
  bool weighted = false;  ///< whether each row's labels end with its weight, which multiplies its loss
};

/// Of a row: a class index for cross-entropy, otherwise one number an output; and its weight.
inline int64_t label_width(const LossSpec& loss, int64_t outputs) {
  return (loss.kind == kCrossEntropy ? 1 : outputs) + (loss.weighted ? 1 : 0);
}

/// Sum over `rows` of the loss of a row: for MSE, MAE and Huber (Huber 1964) the mean over the outputs, for cross-entropy
/// -log softmax(out)[y] over the first `classes` outputs; times its weight. Writes d(sum)/d(out) * scale to `grad` unless it is
/// null. out, grad: [rows, outputs]; y: [rows, label_width()].
double loss_sum(const LossSpec& spec, const float* out, const float* y, int64_t rows, int64_t outputs, float scale,
                float* grad);

}  // namespace pacnet
