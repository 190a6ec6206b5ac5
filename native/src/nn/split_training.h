// A training pass whose threads each take their rows of a batch all the way, gradients included.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/arena.h"
#include "nn/net.h"

namespace pacnet {

/// For networks of differential equations, whose rows are much work each and few in number. Throws kErrorInvalidArgument where a
/// fit has terms of features or classes, which they have none of.
class SplitTraining final : public TrainingPass {
 public:
  /// What one thread has.
  class Worker {
   public:
    virtual ~Worker() = default;
    /// To be filled with its rows, [rows, inputs], before run().
    virtual float* input() = 0;
    /// The loss summed over the rows; and the gradients of that over batch_rows, written to grads unless it is null.
    virtual double run(const float* params, const float* labels, int64_t rows, int64_t batch_rows, float* grads) = 0;
  };

  /// make: gives a worker with room for so many rows.
  SplitTraining(const Net& net, const TrainingSetup& setup, const std::function<std::unique_ptr<Worker>(int64_t)>& make);

  double gradients(const LoadRows& load, int64_t rows, int64_t step, float* grads) override;
  double loss(const LoadRows& load, int64_t rows) override;

 private:
  struct Part {
    std::unique_ptr<Worker> worker;
    FloatBuffer labels;
    FloatBuffer grads;  ///< none for the first thread, which writes to the batch's own
    double sum;
  };

  double run(const LoadRows& load, int64_t rows, float* grads);

  const Net& net_;
  const float* params_;
  Team& team_;
  int64_t label_width_;
  std::vector<Part> parts_;
};

}  // namespace pacnet
