// How a network whose gradients come from LibTorch's autograd is trained and asked on a CPU.
#pragma once

#include <memory>

#include "nn/net.h"

namespace pacnet {

std::unique_ptr<TrainingPass> autograd_training(const Net& net, const TrainingSetup& setup);

/// What is before the head, by the network's form in LibTorch's operations; out: [rows, width]. Throws kErrorInvalidArgument where it shows none.
void autograd_features(const Net& net, const float* params, const float* x, int64_t rows, int64_t width, float* out, int threads);

/// Net::predict, `piece` rows at a time: the activations of more would not stay in any cache.
void autograd_predict(const Net& net, const float* params, const float* x, int64_t rows, int64_t piece, float* out, int threads);

}  // namespace pacnet
