#include "nn/activation.h"

#include "core/simd.h"
#include "nn/activation_arithmetic.h"

namespace pacnet {

namespace {

// z, saved and a may be one buffer: then an element is read before it is written, which is what ivdep tells the compiler.
template <typename F>
[[gnu::always_inline]] inline void forward(const float* z, const float* bias, int64_t rows, int64_t width, float* saved,
                                           float* a) {
  for (int64_t r = 0; r < rows; ++r) {
#pragma GCC ivdep
    for (int64_t c = 0; c < width; ++c) {
      const float in = z[r * width + c] + bias[c];
      const float out = F::value(in);
      saved[r * width + c] = F::saved(in, out);
      a[r * width + c] = out;
    }
  }
}

template <typename F>
[[gnu::always_inline]] inline void backward(const float* saved, int64_t count, float* grad) {
  for (int64_t i = 0; i < count; ++i) {
    grad[i] *= F::slope(saved[i]);
  }
}

// A name for each, since a template can't be compiled once per instruction set.
PACNET_SIMD void tanh_forward(const float* z, const float* bias, int64_t rows, int64_t width, float* saved, float* a) {
  forward<Tanh>(z, bias, rows, width, saved, a);
}
PACNET_SIMD void sigmoid_forward(const float* z, const float* bias, int64_t rows, int64_t width, float* saved,
                                 float* a) {
  forward<Sigmoid>(z, bias, rows, width, saved, a);
}
PACNET_SIMD void silu_forward(const float* z, const float* bias, int64_t rows, int64_t width, float* saved, float* a) {
  forward<Silu>(z, bias, rows, width, saved, a);
}
PACNET_SIMD void gelu_forward(const float* z, const float* bias, int64_t rows, int64_t width, float* saved, float* a) {
  forward<Gelu>(z, bias, rows, width, saved, a);
}
PACNET_SIMD void tanh_backward(const float* saved, int64_t count, float* grad) { backward<Tanh>(saved, count, grad); }
PACNET_SIMD void sigmoid_backward(const float* saved, int64_t count, float* grad) {
  backward<Sigmoid>(saved, count, grad);
}
PACNET_SIMD void gelu_backward(const float* saved, int64_t count, float* grad) { backward<Gelu>(saved, count, grad); }
PACNET_SIMD void silu_backward(const float* saved, int64_t count, float* grad) { backward<Silu>(saved, count, grad); }

// No __restrict: z, saved and a may be one buffer. The compiler checks for overlap before it takes the vector path.
PACNET_SIMD void relu_forward(const float* z, const float* bias, int64_t rows, int64_t width, float* a) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* in = z + r * width;
    float* out = a + r * width;
    for (int64_t c = 0; c < width; ++c) {
      const float x = in[c] + bias[c];
      out[c] = x < 0.0F ? 0.0F : x;  // in this order a NaN stays one, and is reported
    }
  }
}

PACNET_SIMD void relu_backward(const float* saved, int64_t count, float* grad) {
  for (int64_t i = 0; i < count; ++i) {
    grad[i] = saved[i] > 0.0F ? grad[i] : 0.0F;
  }
}

PACNET_SIMD void drop(const Dropout& dropout, int64_t first, int64_t count, float* values) {
  const float scale = 1.0F / (1.0F - dropout.rate);
  for (int64_t i = 0; i < count; ++i) {
    values[i] *= dropout_factor(dropout, static_cast<uint32_t>(first + i), scale);
  }
}

}  // namespace

bool shares_output(Activation activation, double dropout_rate) {
  const bool from_output = activation == kTanh || activation == kSigmoid;
  return activation == kRelu || (from_output && dropout_rate == 0.0);
}

void activate(Activation activation, const float* z, const float* bias, int64_t rows, int64_t width, float* saved,
              float* a, const Dropout& dropout, int64_t first_row) {
  switch (activation) {
    case kRelu:  // a's own sign serves backward, dropped or not: nothing is saved
      relu_forward(z, bias, rows, width, a);
      break;
    case kTanh:
      tanh_forward(z, bias, rows, width, saved, a);
      break;
    case kSigmoid:
      sigmoid_forward(z, bias, rows, width, saved, a);
      break;
    case kGelu:
      gelu_forward(z, bias, rows, width, saved, a);
      break;
    case kSilu:
      silu_forward(z, bias, rows, width, saved, a);
      break;
  }
  if (dropout.rate > 0.0F) {
    drop(dropout, first_row * width, rows * width, a);
  }
}

void activate_backward(Activation activation, const float* saved, int64_t rows, int64_t width, float* grad,
                       const Dropout& dropout, int64_t first_row) {
  if (dropout.rate > 0.0F) {
    drop(dropout, first_row * width, rows * width, grad);
  }
  switch (activation) {
    case kRelu:
      relu_backward(saved, rows * width, grad);
      break;
    case kTanh:
      tanh_backward(saved, rows * width, grad);
      break;
    case kSigmoid:
      sigmoid_backward(saved, rows * width, grad);
      break;
    case kGelu:
      gelu_backward(saved, rows * width, grad);
      break;
    case kSilu:
      silu_backward(saved, rows * width, grad);
      break;
  }
}

}  // namespace pacnet
