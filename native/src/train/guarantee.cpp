#include "train/guarantee.h"

#include <bit>
#include <cmath>
#include <string>

#include "core/error.h"

namespace pacnet {

namespace {

// The first element of the layout that `bad(index)` holds for is reported.
template <typename Bad>
void check_each(const Layout& layout, ErrorKind kind, const char* sentence, const float* values, Bad bad) {
  for (const Tensor& tensor : layout.tensors()) {
    for (int64_t i = 0; i < tensor.size; ++i) {
      if (bad(tensor.offset + i)) {
        throw Error(kind, tensor.name + "[" + std::to_string(i) + "] = " +
                              std::to_string(values[tensor.offset + i]) + ": " + sentence);
      }
    }
  }
}

}  // namespace

void check_frozen(const Layout& layout, const BitMask& trainable, const float* before, const float* after) {
  check_each(layout, kErrorGuarantee, "this frozen parameter moved; please report it", after, [&](int64_t i) {
    return !trainable.get(i) && std::bit_cast<uint32_t>(before[i]) != std::bit_cast<uint32_t>(after[i]);
  });
}

void check_frozen_zero(const Layout& layout, const BitMask& trainable, const float* params, ErrorKind kind,
                       const char* sentence) {
  check_each(layout, kind, sentence, params,
             [&](int64_t i) { return !trainable.get(i) && std::bit_cast<uint32_t>(params[i]) != 0U; });
}

void check_finite(const Layout& layout, const float* params) {
  check_each(layout, kErrorDiverged, "training diverged; lower the learning rate, or standardise the data", params,
             [&](int64_t i) { return !std::isfinite(params[i]); });
}

}  // namespace pacnet
