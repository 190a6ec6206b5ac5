// How element-wise loops get their instruction set: written as plain loops, compiled once per set by the compiler and
// chosen when the library is loaded. One binary runs everywhere and uses AVX2 or AVX-512 where there is.
#pragma once

// Sanitizers start after the loader has already run the choosers, so their builds take the plain loop.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(PACNET_SANITIZE)
#define PACNET_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PACNET_SIMD
#endif
