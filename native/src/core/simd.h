// Which instructions the core's own loops use: written as plain loops, compiled once per set, chosen in one place when first asked for.
// One binary runs everywhere, and by PACNET_MAX_ISA as on a lesser processor.
#pragma once

#include <string>

namespace pacnet {

/// What x86-64 has at least; AVX2 with fused multiply-adds; AVX-512's F, BW, DQ and VL. In this order.
enum class Isa { kSse2, kAvx2, kAvx512 };

/// The best set that the processor has and the environment variable PACNET_MAX_ISA (sse2, avx2 or avx512) allows, the same for the life
/// of the process. The first call hands a cap on to ATen, oneDNN and MKL, as far as they have not chosen yet; OpenBLAS chooses when it is
/// loaded, by OPENBLAS_CORETYPE. It also keeps ATen from NNPACK, which rounds in a way of its own on the processors that it knows, and on
/// the others writes a line for each convolution of a small batch. Throws kErrorInvalidArgument where the variable says something else.
Isa isa();

/// "AVX2", or "AVX2 (PACNET_MAX_ISA; the processor has AVX512)".
std::string describe_isa();

// A set's instructions for a function. By features, not by the level: GCC 11 and clang before 17 know no levels here.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define PACNET_HAS_ISAS 1
#define PACNET_AVX2 __attribute__((target("avx2,fma")))
#define PACNET_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#endif

/// What a loop's run() must be: its body becomes part of the function that is compiled for a set.
#define PACNET_LOOP [[gnu::always_inline]] static inline

#ifdef PACNET_HAS_ISAS
namespace detail {

// A function of its own, as the other two are, so that a test can look at what was made of each.
template <typename Loop, typename... Arguments>
[[gnu::noinline]] void run_sse2(Arguments... arguments) {
  Loop::run(arguments...);
}
template <typename Loop, typename... Arguments>
PACNET_AVX2 void run_avx2(Arguments... arguments) {
  Loop::run(arguments...);
}
template <typename Loop, typename... Arguments>
PACNET_AVX512 void run_avx512(Arguments... arguments) {
  Loop::run(arguments...);
}

}  // namespace detail
#endif

/// Loop::run(arguments...), by the instructions of isa(). Arguments go by value: what a loop writes to is no alias of them.
template <typename Loop, typename... Arguments>
void vectorised(Arguments... arguments) {
#ifdef PACNET_HAS_ISAS
  switch (isa()) {
    case Isa::kAvx512:
      return detail::run_avx512<Loop>(arguments...);
    case Isa::kAvx2:
      return detail::run_avx2<Loop>(arguments...);
    case Isa::kSse2:
      return detail::run_sse2<Loop>(arguments...);
  }
#else
  Loop::run(arguments...);
#endif
}

}  // namespace pacnet
