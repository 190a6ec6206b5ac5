// The masked training loop: epochs, batches, schedule, validation, cancel.
#pragma once

#include "nn/net.h"
#include "pacnet/pacnet.h"
#include "train/rows.h"
#include "train/scope.h"

namespace pacnet {

/// Network::fit on the network's parts; see there.
FitResult fit(const Net& net, const Scope& scope, float* params, const FitOptions& options, const LossSpec& loss,
              Rows& rows, FitListener* listener);

}  // namespace pacnet
