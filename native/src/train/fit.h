// The masked training loop: epochs, batches, schedule, validation, cancel.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "nn/net.h"
#include "pacnet/pacnet.h"
#include "train/engine.h"
#include "train/rows.h"
#include "train/scope.h"

namespace pacnet {

/// Throws kErrorInvalidArgument unless a fit of so many rows can have them.
void check_options(const Net& net, const FitOptions& options, int64_t rows);

/// Of rows 0 to `rows` - 1, none of which is held out.
std::vector<uint32_t> epoch_order(int64_t rows, const FitOptions& options, int64_t epoch);

/// Network::fit on the network's parts; see there. on_device: of FitOptions::device other than the CPU.
FitResult fit(const Net& net, const Scope& scope, float* params, const FitOptions& options, const LossSpec& loss,
              Rows& rows, FitListener* listener, std::unique_ptr<Engine> (*on_device)(const DeviceFit& fit) = device_engine);

}  // namespace pacnet
