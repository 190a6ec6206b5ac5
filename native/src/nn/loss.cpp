#include "nn/loss.h"

#include <algorithm>
#include <cmath>

namespace pacnet {

namespace {

// Element-wise losses: value(difference) and slope(difference).
template <typename Value, typename Slope>
double elementwise(const float* out, const float* y, int64_t rows, int64_t outputs, float scale, float* grad,
                   Value value, Slope slope) {
  const float each = scale / static_cast<float>(outputs);
  double sum = 0.0;
  for (int64_t i = 0; i < rows * outputs; ++i) {
    const float difference = out[i] - y[i];
    sum += static_cast<double>(value(difference));
    if (grad != nullptr) {
      grad[i] = slope(difference) * each;
    }
  }
  return sum / static_cast<double>(outputs);
}

double cross_entropy(const float* out, const float* y, int64_t rows, int64_t outputs, int64_t classes, float scale,
                     float* grad) {
  double sum = 0.0;
  for (int64_t r = 0; r < rows; ++r) {
    const float* logits = out + r * outputs;
    const auto label = static_cast<int64_t>(y[r]);
    const float largest = *std::max_element(logits, logits + classes);
    double total = 0.0;
    for (int64_t c = 0; c < classes; ++c) {
      total += std::exp(static_cast<double>(logits[c] - largest));
    }
    sum += std::log(total) - static_cast<double>(logits[label] - largest);
    if (grad != nullptr) {
      for (int64_t c = 0; c < classes; ++c) {
        const auto p = static_cast<float>(std::exp(static_cast<double>(logits[c] - largest)) / total);
        grad[r * outputs + c] = (p - (c == label ? 1.0F : 0.0F)) * scale;
      }
      std::fill(grad + r * outputs + classes, grad + (r + 1) * outputs, 0.0F);
    }
  }
  return sum;
}

}  // namespace

double loss_sum(const LossSpec& spec, const float* out, const float* y, int64_t rows, int64_t outputs, float scale,
                float* grad) {
  const auto delta = static_cast<float>(spec.huber_delta);
  switch (spec.kind) {
    case kMse:
      return elementwise(
          out, y, rows, outputs, scale, grad, [](float d) { return d * d; }, [](float d) { return 2.0F * d; });
    case kMae:
      return elementwise(
          out, y, rows, outputs, scale, grad, [](float d) { return std::fabs(d); },
          [](float d) { return static_cast<float>((d > 0.0F) - (d < 0.0F)); });
    case kHuber:
      return elementwise(
          out, y, rows, outputs, scale, grad,
          [delta](float d) {
            const float size = std::fabs(d);
            return size <= delta ? 0.5F * d * d : delta * (size - 0.5F * delta);
          },
          [delta](float d) { return std::clamp(d, -delta, delta); });
    case kCrossEntropy:
      break;
  }
  return cross_entropy(out, y, rows, outputs, spec.classes, scale, grad);
}

}  // namespace pacnet
