// Starting kernels on a stream, and what the CUDA runtime says as our errors.
#pragma once

#include <cuda_runtime_api.h>

#include "cuda/grid.h"

namespace pacnet::cuda {

/// Throws an Error that says what to do about it unless the status is success.
void check(cudaError_t status);

/// Puts a kernel on the stream; kernels.cu has the list of those that there are.
template <typename Kernel>
void launch(const Kernel& kernel, Grid grid, cudaStream_t stream);

}  // namespace pacnet::cuda
