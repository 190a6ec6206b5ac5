// What a build without CUDA says.
#include "cuda/status.h"

namespace pacnet::cuda {

Status status() { return {false, "this build of pacnet has no CUDA support"}; }

}  // namespace pacnet::cuda
