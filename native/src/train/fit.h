// The masked training loop: epochs, batches, schedule, validation, cancel.
#pragma once

#include "core/arena.h"
#include "nn/mlp.h"
#include "pacnet/pacnet.h"
#include "prune/mask.h"

namespace pacnet {

/// Network::fit on the network's parts; see there.
FitResult fit(const Mlp& mlp, const BitMask& kept, float* params, const FitOptions& options, const float* x,
              const float* y, int64_t rows, FitListener* listener);

/// Network::predict likewise.
void predict(const Mlp& mlp, const float* params, const float* x, int64_t rows, float* out, int threads);

}  // namespace pacnet
