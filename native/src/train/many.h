// Fits of one network to many targets at once, each from the same start and to rows of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "nn/mlp.h"
#include "pacnet/pacnet.h"
#include "train/scope.h"

namespace pacnet {

/// As many targets as a device learns at once.
struct GroupFit {
  const Mlp& net;
  const Scope& scope;
  const float* start;  ///< the arena that each begins from
  const FitOptions& options;
  const LossSpec& loss;
  const float* x;                 ///< the targets' rows one behind the other
  const float* y;
  std::span<const int64_t> rows;  ///< of each target
  int64_t epochs;                 ///< at most, of a call of train()
};

class GroupEngine {
 public:
  virtual ~GroupEngine() = default;
  /// The next epochs. orders: of each epoch, each target's rows by its own numbers; losses: [epochs, targets], summed over a target's rows.
  virtual void train(int64_t epochs, const std::vector<uint32_t>& orders, double* losses) = 0;
  /// The targets' arenas, one behind the other. Throws kErrorGuarantee where one moved that may not.
  virtual void fetch(float* arenas) = 0;
};

/// Where they are learnt.
struct GroupDevice {
  std::size_t (*free_bytes)();
  std::unique_ptr<GroupEngine> (*engine)(const GroupFit& fit);
};

/// The current GPU. Its functions throw kErrorDevice in a build without CUDA, or where there is none.
GroupDevice group_device();

/// Network::fit_many on the network's parts; see there.
FitResult fit_many(const Net& net, const Scope& scope, const float* start, const FitOptions& options, const LossSpec& loss,
                   const float* x, const float* y, std::span<const int64_t> rows, float* params, double* losses,
                   int64_t* diverged, FitListener* listener, const GroupDevice& device = group_device());

}  // namespace pacnet
