// Magnitude selection where the parameters are, on the device.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <span>

#include "core/arena.h"

namespace pacnet::cuda {

/// pacnet::select_largest on a device's arena: the same bits. values and mask_words are on the device, of the layout's
/// extent; words of other tensors are left alone. Waits for the stream once, to hear whether a number was not finite.
void select_largest(const float* values, std::span<const Tensor> tensors, int64_t keep, uint64_t* mask_words,
                    cudaStream_t stream);

}  // namespace pacnet::cuda
