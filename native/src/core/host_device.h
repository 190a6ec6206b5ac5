// What the CPU's loops and the GPU's kernels share is written once, as functions that compile for both.
#pragma once

#ifdef __CUDACC__
#define PACNET_HD __host__ __device__
#else
#define PACNET_HD [[gnu::always_inline]]
#endif
