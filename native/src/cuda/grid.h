// Kernels as plain structs. Unless it is InRounds, a kernel has a type Shared, a number of phases kPhases, and run<phase>(thread, shared) for each: all
// threads of a block end a phase before one begins the next. So the same body runs on the GPU, with a barrier between
// phases, and on the host, thread after thread, where every test can watch its arithmetic and its indices.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/host_device.h"

namespace pacnet::cuda {

struct Grid {
  int64_t blocks;
  int threads;
};

/// As many blocks as give each of `items` a thread.
inline Grid grid_for(int64_t items, int threads = 256) {
  const int64_t blocks = (items + threads - 1) / threads;
  return {blocks > 0 ? blocks : 1, threads};
}

struct Thread {
  int64_t block;
  int thread;
  int64_t blocks;
  int threads;
  PACNET_HD int64_t index() const { return block * threads + thread; }
  PACNET_HD int64_t stride() const { return blocks * threads; }
};

struct NoShared {};

/// In place of an index, where there is none.
constexpr unsigned long long kNone = ~0ULL;

/// 16 bytes that are loaded and stored at once.
struct alignas(16) Four {
  float at[4];
};
PACNET_HD inline Four load(const float* from, int64_t at) { return *reinterpret_cast<const Four*>(from + at); }
PACNET_HD inline void store(float* to, int64_t at, const Four& values) { *reinterpret_cast<Four*>(to + at) = values; }

/// i / width and i % width, without the GPU's slow 64-bit division where 32 bits do.
struct Place {
  int64_t row;
  int64_t column;
};
PACNET_HD inline Place place_of(int64_t i, int64_t width) {
  if (((i | width) >> 32) == 0) {
    const auto small = static_cast<uint32_t>(i);
    const auto by = static_cast<uint32_t>(width);
    return {small / by, small % by};
  }
  return {i / width, i % width};
}

template <typename T>
PACNET_HD inline void atomic_add(T* to, T value) {
#ifdef __CUDA_ARCH__
  atomicAdd(to, value);
#else
  *to += value;
#endif
}

PACNET_HD inline void atomic_min(unsigned long long* to, unsigned long long value) {
#ifdef __CUDA_ARCH__
  atomicMin(to, value);
#else
  *to = value < *to ? value : *to;
#endif
}

PACNET_HD inline uint32_t bits_of(float x) {
#ifdef __CUDA_ARCH__
  return __float_as_uint(x);
#else
  uint32_t bits = 0;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
#endif
}

PACNET_HD inline int ones(uint64_t word) {
#ifdef __CUDA_ARCH__
  return __popcll(word);
#else
  return __builtin_popcountll(word);
#endif
}

template <typename Kernel, int... kPhase>
void run_block_on_host(const Kernel& kernel, Thread at, typename Kernel::Shared& shared,
                       std::integer_sequence<int, kPhase...> /*phases*/) {
  const auto phase = [&]<int kThis>(std::integral_constant<int, kThis>) {
    for (at.thread = 0; at.thread < at.threads; ++at.thread) {
      kernel.template run<kThis>(at, shared);
    }
  };
  (phase(std::integral_constant<int, kPhase>{}), ...);
}

/// A kernel that goes over its work in rounds, and whose threads have a Local that they keep from round to round, as registers: rounds(thread),
/// the same for all threads of a block; in each load(thread, shared, round) and, when all have, add(thread, shared, local, round); at last
/// finish(thread, local).
template <typename Kernel>
concept InRounds = requires { typename Kernel::Local; };

template <typename Kernel>
void run_rounds_on_host(const Kernel& kernel, Thread at, typename Kernel::Shared& shared) {
  std::vector<typename Kernel::Local> locals(static_cast<std::size_t>(at.threads));
  const auto each = [&](const auto& body) {
    for (at.thread = 0; at.thread < at.threads; ++at.thread) {
      body(locals[static_cast<std::size_t>(at.thread)]);
    }
  };
  const int64_t rounds = kernel.rounds(at);
  for (int64_t round = 0; round < rounds; ++round) {
    each([&](auto& /*local*/) { kernel.load(at, shared, round); });
    each([&](auto& local) { kernel.add(at, shared, local, round); });
  }
  each([&](auto& local) { kernel.finish(at, local); });
}

/// The kernel on the host, block after block.
template <typename Kernel>
void run_on_host(const Kernel& kernel, Grid grid) {
  for (int64_t block = 0; block < grid.blocks; ++block) {
    auto shared = std::make_unique<typename Kernel::Shared>();
    const Thread at{block, 0, grid.blocks, grid.threads};
    if constexpr (InRounds<Kernel>) {
      run_rounds_on_host(kernel, at, *shared);
    } else {
      run_block_on_host(kernel, at, *shared, std::make_integer_sequence<int, Kernel::kPhases>{});
    }
  }
}

}  // namespace pacnet::cuda
