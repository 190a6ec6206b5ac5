// What the training loop knows of a network: its parameters' layout, and how to get a batch's gradients and a row's
// outputs. A new kind of network is one implementation of this, and one line in describe.cpp.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/arena.h"
#include "core/team.h"
#include "nn/loss.h"
#include "nn/terms.h"
#include "prune/mask.h"

namespace pacnet {

/// Puts rows [begin, end) of a batch into x and y, which are those of the batch's first row. Called for disjoint parts,
/// from any thread of the team.
using LoadRows = std::function<void(int64_t begin, int64_t end, float* x, float* y)>;

/// What holds for all batches of a fit.
struct TrainingSetup {
  float* params;             ///< the arena; statistics that may move are written here by training passes
  const BitMask& trainable;  ///< nothing else needs a gradient
  LossSpec loss;
  const Terms& terms;
  int64_t batch;  ///< most rows of a batch
  uint64_t seed;
  Team& team;
};

/// The passes of one fit, with buffers that are allocated once.
class TrainingPass {
 public:
  virtual ~TrainingPass() = default;
  /// The gradients of the mean loss over a batch's rows and of the terms, written to an arena of them; returns the loss
  /// summed over the rows, without the terms. step counts from 0 and draws what is random.
  virtual double gradients(const LoadRows& load, int64_t rows, int64_t step, float* grads) = 0;
  /// The loss summed over the rows, as the network predicts: without dropout, by running statistics.
  virtual double loss(const LoadRows& load, int64_t rows) = 0;
};

struct FormTensors;

class Net {
 public:
  virtual ~Net() = default;

  virtual const Layout& layout() const noexcept = 0;
  virtual int64_t inputs() const noexcept = 0;
  virtual int64_t outputs() const noexcept = 0;
  /// The shape of a row that goes in.
  virtual std::vector<int64_t> row() const { return {inputs()}; }

  /// PyTorch's defaults for the modules of this network.
  virtual void initialize(float* params, uint64_t seed) const = 0;
  /// The same for the tensors of kRoleHead.
  virtual void initialize_head(float* params, uint64_t seed) const = 0;

  /// How many of the threads that are offered are of use for a training step of so many rows.
  virtual int useful_threads(int offered, int64_t batch) const = 0;
  virtual std::unique_ptr<TrainingPass> training(const TrainingSetup& setup) const = 0;
  /// out: [rows, outputs].
  virtual void predict(const float* params, const float* x, int64_t rows, float* out, int threads) const = 0;

  /// The same as LibTorch's operations, for what goes through autograd. x: [rows, inputs], on the tensors' device; returns
  /// [rows, outputs]. Throws kErrorInvalidArgument where a network has no such form.
  virtual at::Tensor run(const FormTensors& tensors, const at::Tensor& x) const = 0;
  /// The body of a TorchScript forward(self, x: Tensor) that predicts, two spaces in front of each line, x being rows in their shape and tensors
  /// by script_name(). Throws kErrorInvalidArgument where there is none.
  virtual std::string script() const;
  /// What squared errors count, [rows, 1] or [1, outputs]; undefined: all the same.
  virtual at::Tensor error_weights(const at::Tensor& /*x*/) const { return {}; }
};

/// Net::predict on a team, `piece` rows at a time, each thread by a pass of its own: make(rows) gives one with room for so
/// many, forward(pass, rows) runs it from its input() to its output().
template <typename Make, typename Forward>
void predict_in_pieces(const Net& net, Team& team, const float* x, int64_t rows, int64_t piece, float* out,
                       const Make& make, const Forward& forward) {
  team.run([&](int thread) {
    pin_blas_threads();
    const Share own = share_of(rows, thread, team.size(), piece);
    if (own.begin == own.end) {
      return;
    }
    auto pass = make(std::min(piece, rows));
    for (int64_t begin = own.begin; begin < own.end; begin += piece) {
      const int64_t count = std::min(piece, own.end - begin);
      std::copy_n(x + begin * net.inputs(), count * net.inputs(), pass.input());
      forward(pass, count);
      std::copy_n(pass.output(), count * net.outputs(), out + begin * net.outputs());
    }
  });
}

inline int64_t label_width(const LossSpec& loss, const Net& net) { return label_width(loss, net.outputs()); }

}  // namespace pacnet
