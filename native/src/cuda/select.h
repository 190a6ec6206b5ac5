// Magnitude selection on the GPU; free of CUDA's headers, so that every build can ask.
#pragma once

#include "core/arena.h"
#include "prune/select.h"

namespace pacnet::cuda {

/// select_largest on the current GPU: the same bits. values: an arena of the host's, copied there at once. Throws kErrorDevice in a build
/// without CUDA, or where there is no GPU.
Selector select_on_gpu(const float* values, const Layout& layout);

}  // namespace pacnet::cuda
