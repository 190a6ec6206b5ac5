// Where a fit's steps are computed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "nn/net.h"
#include "pacnet/pacnet.h"
#include "train/rows.h"
#include "train/scope.h"

namespace pacnet {

class Engine {
 public:
  virtual ~Engine() = default;
  /// Learns from these rows, batch after batch; returns the loss summed over them, each taken before the step that its batch
  /// caused.
  virtual double train(int64_t epoch, std::span<const uint32_t> order) = 0;
  /// The loss summed over these rows, as the network predicts.
  virtual double loss(std::span<const uint32_t> order) = 0;
  /// Brings the parameters to where the fit was given them.
  virtual void fetch() = 0;
  /// Which parameters a guarantee lets differ.
  virtual BitMask moved() const = 0;
};

/// What a fit on a GPU is made of.
struct DeviceFit {
  const Net& net;
  const Scope& scope;
  float* params;  ///< the host's arena
  const FitOptions& options;
  const LossSpec& loss;
  Rows& rows;
  int64_t batch;
  int64_t steps;
};

/// What the optimizer moves: statistics move by themselves.
BitMask optimized(const Scope& scope);

/// Twice the pull of each word of the arena; none where a penalty of its own has it in its gradient.
std::vector<float> twice_pull(const Scope& scope);

/// Where tensors are, and not the gaps between them.
BitMask used_by(const Layout& layout);

/// On the current GPU. Throws kErrorDevice in a build without CUDA, or where there is none.
std::unique_ptr<Engine> device_engine(const DeviceFit& fit);

}  // namespace pacnet
