#include "nn/loss.h"

#include "nn/loss_arithmetic.h"

namespace pacnet {

namespace {

template <typename Error>
double elementwise(const float* out, const Labels& y, int64_t rows, int64_t outputs, float scale, float* grad,
                   Error error) {
  const float each = scale / static_cast<float>(outputs);
  double sum = 0.0;
  for (int64_t r = 0; r < rows; ++r) {
    const float* label = y.of(r);
    const float weight = y.weight(r);
    for (int64_t c = 0; c < outputs; ++c) {
      const int64_t i = r * outputs + c;
      const float difference = out[i] - label[c];
      sum += static_cast<double>(weight) * static_cast<double>(error.value(difference));
      if (grad != nullptr) {
        grad[i] = error.slope(difference) * (weight * each);
      }
    }
  }
  return sum / static_cast<double>(outputs);
}

double cross_entropy(const float* out, const Labels& y, int64_t rows, int64_t outputs, int64_t classes, float scale,
                     float* grad) {
  double sum = 0.0;
  for (int64_t r = 0; r < rows; ++r) {
    const float weight = y.weight(r);
    sum += static_cast<double>(weight) * cross_entropy_row(out + r * outputs, static_cast<int64_t>(*y.of(r)), classes, outputs,
                                                           weight * scale, grad == nullptr ? nullptr : grad + r * outputs);
  }
  return sum;
}

}  // namespace

double loss_sum(const LossSpec& spec, const float* out, const float* y, int64_t rows, int64_t outputs, float scale,
                float* grad) {
  const Labels labels = labels_at(y, spec, outputs);
  switch (spec.kind) {
    case kMse:
      return elementwise(out, labels, rows, outputs, scale, grad, SquaredError{});
    case kMae:
      return elementwise(out, labels, rows, outputs, scale, grad, AbsoluteError{});
    case kHuber:
      return elementwise(out, labels, rows, outputs, scale, grad, HuberError{static_cast<float>(spec.huber_delta)});
    case kCrossEntropy:
      break;
  }
  return cross_entropy(out, labels, rows, outputs, spec.classes, scale, grad);
}

}  // namespace pacnet
