// The diagonal of the Fisher information: how much what a network says depends on each parameter.
#pragma once

#include <cstdint>

#include "nn/net.h"

namespace pacnet {

/// out, an arena: for each parameter the mean over rows of, with classes, the sum over labels y of p(y | x) (d log p(y | x) / dw)^2, exact; without,
/// the sum over outputs f of (df / dw)^2, which is in units of the noise's variance. Zero for statistics.
void fisher_diagonal(const Net& net, const float* params, const float* x, int64_t rows, bool classes, float* out, int threads);

}  // namespace pacnet
