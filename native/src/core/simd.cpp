#include "core/simd.h"

#include <ATen/Context.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "core/error.h"

namespace pacnet {

namespace {

constexpr const char* kVariable = "PACNET_MAX_ISA";

// A set, and what other libraries call it.
struct Name {
  Isa isa;
  const char* ours;
  const char* shown;
  const char* aten;
  const char* onednn;  // which knows nothing below SSE4.1
  const char* mkl;
};
constexpr std::array<Name, 3> kNames{{{Isa::kSse2, "sse2", "SSE2", "default", "SSE41", "SSE4_2"},
                                      {Isa::kAvx2, "avx2", "AVX2", "avx2", "AVX2", "AVX2"},
                                      {Isa::kAvx512, "avx512", "AVX512", "avx512", "AVX512_CORE", "AVX512"}}};

Isa of_processor() {
#ifdef PACNET_HAS_ISAS
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return avx2 && avx512 ? Isa::kAvx512 : avx2 ? Isa::kAvx2 : Isa::kSse2;
#else
  return Isa::kSse2;
#endif
}

std::optional<Isa> asked_for() {
  const char* text = std::getenv(kVariable);
  if (text == nullptr || *text == '\0') {
    return std::nullopt;
  }
  const auto* found = std::find_if(kNames.begin(), kNames.end(), [&](const Name& name) { return std::string(name.ours) == text; });
  require(found != kNames.end(), std::string("the environment variable ") + kVariable + " must be sse2, avx2 or avx512, not '" +
                                     std::string(text).substr(0, 40) + "'");
  return found->isa;
}

const Name& name_of(Isa isa) { return kNames[static_cast<std::size_t>(isa)]; }

}  // namespace

Isa isa() {
  static const Isa chosen = [] {
    at::globalContext().setUserEnabledNNPACK(false);
    const Isa here = of_processor();
    const Isa cap = asked_for().value_or(here);
    if (cap >= here) {
      return here;
    }
    const Name& name = name_of(cap);
    setenv("ATEN_CPU_CAPABILITY", name.aten, 0);
    setenv("ONEDNN_MAX_CPU_ISA", name.onednn, 0);
    setenv("MKL_ENABLE_INSTRUCTIONS", name.mkl, 0);
    return cap;
  }();
  return chosen;
}

std::string describe_isa() {
  const std::string used = name_of(isa()).shown;
  return isa() == of_processor() ? used : used + " (" + kVariable + "; the processor has " + name_of(of_processor()).shown + ")";
}

}  // namespace pacnet
