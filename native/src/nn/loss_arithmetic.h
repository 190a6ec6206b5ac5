// Losses, element by element or row by row.
#pragma once

#include <cmath>
#include <cstdint>

#include "core/host_device.h"
#include "nn/loss.h"

namespace pacnet {

/// What rows are compared with, [rows, width].
struct Labels {
  const float* data;
  int64_t width;
  bool weighted;  ///< the last of a row's is its weight

  PACNET_HD const float* of(int64_t row) const { return data + row * width; }
  PACNET_HD float weight(int64_t row) const { return weighted ? data[(row + 1) * width - 1] : 1.0F; }
};

inline Labels labels_at(const float* data, const LossSpec& loss, int64_t outputs) {
  return {data, label_width(loss, outputs), loss.weighted};
}

struct SquaredError {
  PACNET_HD float value(float d) const { return d * d; }
  PACNET_HD float slope(float d) const { return 2.0F * d; }
};

struct AbsoluteError {
  PACNET_HD float value(float d) const { return std::fabs(d); }
  PACNET_HD float slope(float d) const { return static_cast<float>((d > 0.0F) - (d < 0.0F)); }
};

/// Huber 1964.
struct HuberError {
  float delta;
  PACNET_HD float value(float d) const {
    const float size = std::fabs(d);
    return size <= delta ? 0.5F * d * d : delta * (size - 0.5F * delta);
  }
  PACNET_HD float slope(float d) const { return d < -delta ? -delta : d > delta ? delta : d; }
};

/// -log softmax(logits)[label] over the first `classes` of `outputs` logits; its gradient times scale to grad unless that is
/// null.
PACNET_HD inline double cross_entropy_row(const float* logits, int64_t label, int64_t classes, int64_t outputs,
                                          float scale, float* grad) {
  float largest = logits[0];
  for (int64_t c = 1; c < classes; ++c) {
    largest = largest < logits[c] ? logits[c] : largest;
  }
  double total = 0.0;
  for (int64_t c = 0; c < classes; ++c) {
    total += std::exp(static_cast<double>(logits[c] - largest));
  }
  for (int64_t c = 0; grad != nullptr && c < outputs; ++c) {
    if (c < classes) {
      const auto p = static_cast<float>(std::exp(static_cast<double>(logits[c] - largest)) / total);
      grad[c] = (p - (c == label ? 1.0F : 0.0F)) * scale;
    } else {
      grad[c] = 0.0F;
    }
  }
  return std::log(total) - static_cast<double>(logits[label] - largest);
}

}  // namespace pacnet
