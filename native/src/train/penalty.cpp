#include "train/penalty.h"

namespace pacnet {

namespace {

template <typename Body>
void each_trainable(const Scope& scope, Body body) {
  const auto& tensors = scope.layout.tensors();
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    for (int64_t i = tensors[t].offset; i < tensors[t].offset + tensors[t].size; ++i) {
      if (scope.trainable.get(i)) {
        body(i, scope.segments[t].l2);
      }
    }
  }
}

}  // namespace

bool has_penalty(const Scope& scope) { return scope.precision.size() > 0 || !scope.low_rank.empty(); }

void add_penalty_gradient(const Scope& scope, const float* params, float* grads) {
  const float* anchor = scope.anchor.size() > 0 ? scope.anchor.data() : nullptr;
  const float* precision = scope.precision.size() > 0 ? scope.precision.data() : nullptr;
  const auto off = [&](int64_t i) { return params[i] - (anchor == nullptr ? 0.0F : anchor[i]); };
  each_trainable(scope, [&](int64_t i, float l2) {
    grads[i] += 2.0F * l2 * (precision == nullptr ? 1.0F : precision[i]) * off(i);
  });
  for (const FloatBuffer& column : scope.low_rank) {
    const float* v = column.data();
    double along = 0.0;
    each_trainable(scope, [&](int64_t i, float) { along += static_cast<double>(v[i]) * static_cast<double>(off(i)); });
    const auto twice = static_cast<float>(2.0 * along);
    each_trainable(scope, [&](int64_t i, float) { grads[i] -= twice * v[i]; });
  }
}

}  // namespace pacnet
