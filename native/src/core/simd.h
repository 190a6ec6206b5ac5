// How element-wise loops get their instruction set: written as plain loops, compiled once per set by the compiler and
// chosen when the library is loaded. One binary runs everywhere and uses AVX2 or AVX-512 where there is.
#pragma once

namespace pacnet {

/// Whether the processor has what x86-64-v4 asks for. By features, not by the level: GCC 11 and clang before 17 do not know those here.
inline bool has_avx512() {
#if defined(__x86_64__) && defined(__GNUC__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

}  // namespace pacnet

// Sanitizers start after the loader has already run the choosers, so their builds take the plain loop.
// GCC 11 has no levels here and picks by one feature, which brings the vectors but not all that goes with them.
#if !defined(__x86_64__) || !defined(__GNUC__) || defined(__clang__) || defined(PACNET_SANITIZE)
#define PACNET_SIMD
#elif __GNUC__ >= 12
#define PACNET_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PACNET_SIMD __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
