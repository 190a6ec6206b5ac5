// The kernels' launches: each struct of *_kernels.h as a __global__ function.
#include "cuda/grouped_kernels.h"
#include "cuda/guarantee_kernels.h"
#include "cuda/launch.h"
#include "cuda/layer_kernels.h"
#include "cuda/select_kernels.h"
#include "cuda/step_kernels.h"

namespace pacnet::cuda {

namespace {

template <typename Kernel, int... kPhase>
__device__ void run_block(const Kernel& kernel, const Thread& at, typename Kernel::Shared& shared,
                          std::integer_sequence<int, kPhase...> /*phases*/) {
  // The barrier behind the last phase costs nothing that ends.
  ((kernel.template run<kPhase>(at, shared), __syncthreads()), ...);
}

template <typename Kernel>
__global__ void run(const Kernel kernel) {
  __shared__ typename Kernel::Shared shared;
  const Thread at{static_cast<int64_t>(blockIdx.x), static_cast<int>(threadIdx.x), static_cast<int64_t>(gridDim.x),
                  static_cast<int>(blockDim.x)};
  if constexpr (InRounds<Kernel>) {
    typename Kernel::Local local{};
    const int64_t rounds = kernel.rounds(at);
    for (int64_t round = 0; round < rounds; ++round) {
      kernel.load(at, shared, round);
      __syncthreads();
      kernel.add(at, shared, local, round);
      __syncthreads();
    }
    kernel.finish(at, local);
  } else {
    run_block(kernel, at, shared, std::make_integer_sequence<int, Kernel::kPhases>{});
  }
}

}  // namespace

template <typename Kernel>
void launch(const Kernel& kernel, Grid grid, cudaStream_t stream) {
  run<Kernel><<<static_cast<unsigned>(grid.blocks), static_cast<unsigned>(grid.threads), 0, stream>>>(kernel);
  check(cudaGetLastError());
}

template void launch(const AdvanceStep&, Grid, cudaStream_t);
template void launch(const BeginEpoch&, Grid, cudaStream_t);
template void launch(const FirstRow&, Grid, cudaStream_t);
template void launch(const SkipRows&, Grid, cudaStream_t);
template void launch(const MaskedAdam&, Grid, cudaStream_t);
template void launch(const MaskedSgd&, Grid, cudaStream_t);
template void launch(const CountDigits&, Grid, cudaStream_t);
template void launch(const ChooseDigit&, Grid, cudaStream_t);
template void launch(const MarkWords&, Grid, cudaStream_t);
template void launch(const ScanEquals&, Grid, cudaStream_t);
template void launch(const KeepEquals&, Grid, cudaStream_t);
template void launch(const GatherBatch&, Grid, cudaStream_t);
template void launch(const Activate<Relu>&, Grid, cudaStream_t);
template void launch(const Activate<Tanh>&, Grid, cudaStream_t);
template void launch(const Activate<Sigmoid>&, Grid, cudaStream_t);
template void launch(const Activate<Gelu>&, Grid, cudaStream_t);
template void launch(const Activate<Silu>&, Grid, cudaStream_t);
template void launch(const LayerGradient<Relu>&, Grid, cudaStream_t);
template void launch(const LayerGradient<Tanh>&, Grid, cudaStream_t);
template void launch(const LayerGradient<Sigmoid>&, Grid, cudaStream_t);
template void launch(const LayerGradient<Gelu>&, Grid, cudaStream_t);
template void launch(const LayerGradient<Silu>&, Grid, cudaStream_t);
template void launch(const Drop&, Grid, cudaStream_t);
template void launch(const LayerGradient<Linear>&, Grid, cudaStream_t);
template void launch(const ElementLoss<SquaredError>&, Grid, cudaStream_t);
template void launch(const ElementLoss<AbsoluteError>&, Grid, cudaStream_t);
template void launch(const ElementLoss<HuberError>&, Grid, cudaStream_t);
template void launch(const CrossEntropyLoss&, Grid, cudaStream_t);
template void launch(const AddSums&, Grid, cudaStream_t);
template void launch(const FindBreach<Breach::kMoved>&, Grid, cudaStream_t);
template void launch(const FindBreach<Breach::kNotZero>&, Grid, cudaStream_t);
template void launch(const FindBreach<Breach::kNotFinite>&, Grid, cudaStream_t);
template void launch(const FirstEpoch&, Grid, cudaStream_t);
template void launch(const BeginTurn&, Grid, cudaStream_t);
template void launch(const GatherGroup&, Grid, cudaStream_t);
template void launch(const GroupProduct<Product::kForward, Activated<Linear>>&, Grid, cudaStream_t);
template void launch(const GroupProduct<Product::kForward, Activated<Relu>>&, Grid, cudaStream_t);
template void launch(const GroupProduct<Product::kForward, Activated<Tanh>>&, Grid, cudaStream_t);
template void launch(const GroupProduct<Product::kForward, Activated<Sigmoid>>&, Grid, cudaStream_t);
template void launch(const GroupProduct<Product::kForward, Activated<Gelu>>&, Grid, cudaStream_t);
template void launch(const GroupProduct<Product::kForward, Activated<Silu>>&, Grid, cudaStream_t);
template void launch(const GroupProduct<Product::kBackward, Sloped<Relu>>&, Grid, cudaStream_t);
template void launch(const GroupProduct<Product::kBackward, Sloped<Tanh>>&, Grid, cudaStream_t);
template void launch(const GroupProduct<Product::kBackward, Sloped<Sigmoid>>&, Grid, cudaStream_t);
template void launch(const GroupProduct<Product::kBackward, Sloped<Gelu>>&, Grid, cudaStream_t);
template void launch(const GroupProduct<Product::kBackward, Sloped<Silu>>&, Grid, cudaStream_t);
template void launch(const GroupProduct<Product::kWeights, LayerGradients>&, Grid, cudaStream_t);
template void launch(const GroupLoss<ElementRows<SquaredError>>&, Grid, cudaStream_t);
template void launch(const GroupLoss<ElementRows<AbsoluteError>>&, Grid, cudaStream_t);
template void launch(const GroupLoss<ElementRows<HuberError>>&, Grid, cudaStream_t);
template void launch(const GroupLoss<ClassRows>&, Grid, cudaStream_t);
template void launch(const GroupStep<true>&, Grid, cudaStream_t);
template void launch(const GroupStep<false>&, Grid, cudaStream_t);
template void launch(const GroupBreach<Breach::kMoved>&, Grid, cudaStream_t);

}  // namespace pacnet::cuda
