// The masked training loop: epochs, batches, schedule, validation, cancel.
#pragma once

#include <memory>

#include "nn/net.h"
#include "pacnet/pacnet.h"
#include "train/engine.h"
#include "train/rows.h"
#include "train/scope.h"

namespace pacnet {

/// Network::fit on the network's parts; see there. on_device: of FitOptions::device other than the CPU.
FitResult fit(const Net& net, const Scope& scope, float* params, const FitOptions& options, const LossSpec& loss,
              Rows& rows, FitListener* listener, std::unique_ptr<Engine> (*on_device)(const DeviceFit& fit) = device_engine);

}  // namespace pacnet
