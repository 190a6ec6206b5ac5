#include "nn/loss.h"

#include "nn/loss_arithmetic.h"

namespace pacnet {

namespace {

template <typename Error>
double elementwise(const float* out, const float* y, int64_t rows, int64_t outputs, float scale, float* grad,
                   Error error) {
  const float each = scale / static_cast<float>(outputs);
  double sum = 0.0;
  for (int64_t i = 0; i < rows * outputs; ++i) {
    const float difference = out[i] - y[i];
    sum += static_cast<double>(error.value(difference));
    if (grad != nullptr) {
      grad[i] = error.slope(difference) * each;
    }
  }
  return sum / static_cast<double>(outputs);
}

double cross_entropy(const float* out, const float* y, int64_t rows, int64_t outputs, int64_t classes, float scale,
                     float* grad) {
  double sum = 0.0;
  for (int64_t r = 0; r < rows; ++r) {
    sum += cross_entropy_row(out + r * outputs, static_cast<int64_t>(y[r]), classes, outputs, scale,
                             grad == nullptr ? nullptr : grad + r * outputs);
  }
  return sum;
}

}  // namespace

double loss_sum(const LossSpec& spec, const float* out, const float* y, int64_t rows, int64_t outputs, float scale,
                float* grad) {
  const auto delta = static_cast<float>(spec.huber_delta);
  switch (spec.kind) {
    case kMse:
      return elementwise(out, y, rows, outputs, scale, grad, SquaredError{});
    case kMae:
      return elementwise(out, y, rows, outputs, scale, grad, AbsoluteError{});
    case kHuber:
      return elementwise(out, y, rows, outputs, scale, grad, HuberError{delta});
    case kCrossEntropy:
      break;
  }
  return cross_entropy(out, y, rows, outputs, spec.classes, scale, grad);
}

}  // namespace pacnet
