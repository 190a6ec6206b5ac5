// Activations, fused with the bias before them and the dropout behind them.
#pragma once

#include <cstdint>

#include "pacnet/pacnet.h"

namespace pacnet {

/// Inverted dropout (Srivastava et al. 2014): an element survives with probability 1 - rate and is then scaled by
/// 1 / (1 - rate). Which ones survive is a function of key and the element's index alone, so backward needs no mask.
struct Dropout {
  float rate = 0.0F;  ///< 0: off
  uint32_t key = 0;
};

/// True where backward can work from `a` itself, so that no separate `saved` is needed.
bool shares_output(Activation activation, double dropout_rate);

/// z: [rows, width], the product without bias. Writes a = dropout(activation(z + bias)) to `a`, and to `saved` what
/// activate_backward needs: the activation's output where the derivative can be had from it, its input otherwise. ReLU writes no
/// `saved`: its backward takes `a`. z may be `a` or `saved`; a and saved may be one where shares_output().
/// first_row: index of the first row within the batch, for dropout's counter.
void activate(Activation activation, const float* z, const float* bias, int64_t rows, int64_t width, float* saved,
              float* a, const Dropout& dropout, int64_t first_row);

/// In place: grad [rows, width] with respect to a becomes that with respect to z.
void activate_backward(Activation activation, const float* saved, int64_t rows, int64_t width, float* grad,
                       const Dropout& dropout, int64_t first_row);

}  // namespace pacnet
