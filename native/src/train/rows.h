// Where a fit's rows come from: an array, or a source that is asked batch by batch.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "nn/net.h"
#include "pacnet/pacnet.h"

namespace pacnet {

class Rows {
 public:
  virtual ~Rows() = default;
  virtual int64_t count() const noexcept = 0;
  /// All rows, where they are in memory; null where they are not.
  virtual const float* x() const noexcept { return nullptr; }
  virtual const float* y() const noexcept { return nullptr; }
  /// The rows of an epoch, or with epoch 0 those to evaluate, in the order and batches in which they will be asked for.
  virtual void begin(int64_t epoch, std::span<const uint32_t> order, int64_t batch) = 0;
  /// The next batch, whose rows these are.
  virtual void next(std::span<const uint32_t> rows) = 0;
  /// Part [begin, end) of that batch, as LoadRows wants it.
  virtual void load(int64_t begin, int64_t end, float* x, float* y) const = 0;
};

/// x: [count, inputs]; y: [count, labels]. Throws kErrorInvalidArgument, naming the row, if a label of cross-entropy is no
/// class index, or a weight is negative or not finite.
std::unique_ptr<Rows> rows_in_memory(const float* x, const float* y, int64_t count, const Net& net,
                                     const LossSpec& loss);

/// Likewise for each batch that comes. Throws kErrorRows where none does.
std::unique_ptr<Rows> rows_pulled(BatchSource& source, int64_t count, const Net& net, const LossSpec& loss);

}  // namespace pacnet
