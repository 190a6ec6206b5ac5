#include "nn/activation.h"

#include "core/simd.h"
#include "nn/activation_arithmetic.h"

namespace pacnet {

namespace {

// z, saved and a may be one buffer: then an element is read before it is written, which is what ivdep tells the compiler.
template <typename F>
struct Forward {
  PACNET_LOOP void run(const float* z, const float* bias, int64_t rows, int64_t width, float* saved, float* a) {
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
};

template <typename F>
struct Backward {
  PACNET_LOOP void run(const float* saved, int64_t count, float* grad) {
    for (int64_t i = 0; i < count; ++i) {
      grad[i] *= F::slope(saved[i]);
    }
  }
};

// No __restrict: z and a may be one buffer. The compiler checks for overlap before it takes the vector path.
struct ReluForward {
  PACNET_LOOP void run(const float* z, const float* bias, int64_t rows, int64_t width, float* a) {
    for (int64_t r = 0; r < rows; ++r) {
      const float* in = z + r * width;
      float* out = a + r * width;
      for (int64_t c = 0; c < width; ++c) {
        const float x = in[c] + bias[c];
        out[c] = x < 0.0F ? 0.0F : x;  // in this order a NaN stays one, and is reported
      }
    }
  }
};

struct ReluBackward {
  PACNET_LOOP void run(const float* saved, int64_t count, float* grad) {
    for (int64_t i = 0; i < count; ++i) {
      grad[i] = saved[i] > 0.0F ? grad[i] : 0.0F;
    }
  }
};

struct Drop {
  PACNET_LOOP void run(Dropout dropout, int64_t first, int64_t count, float* values) {
    const float scale = 1.0F / (1.0F - dropout.rate);
    for (int64_t i = 0; i < count; ++i) {
      values[i] *= dropout_factor(dropout, static_cast<uint32_t>(first + i), scale);
    }
  }
};

}  // namespace

bool shares_output(Activation activation, double dropout_rate) {
  const bool from_output = activation == kTanh || activation == kSigmoid;
  return activation == kRelu || (from_output && dropout_rate == 0.0);
}

void activate(Activation activation, const float* z, const float* bias, int64_t rows, int64_t width, float* saved,
              float* a, const Dropout& dropout, int64_t first_row) {
  switch (activation) {
    case kRelu:  // a's own sign serves backward, dropped or not: nothing is saved
      vectorised<ReluForward>(z, bias, rows, width, a);
      break;
    case kTanh:
      vectorised<Forward<Tanh>>(z, bias, rows, width, saved, a);
      break;
    case kSigmoid:
      vectorised<Forward<Sigmoid>>(z, bias, rows, width, saved, a);
      break;
    case kGelu:
      vectorised<Forward<Gelu>>(z, bias, rows, width, saved, a);
      break;
    case kSilu:
      vectorised<Forward<Silu>>(z, bias, rows, width, saved, a);
      break;
  }
  if (dropout.rate > 0.0F) {
    vectorised<Drop>(dropout, first_row * width, rows * width, a);
  }
}

void activate_backward(Activation activation, const float* saved, int64_t rows, int64_t width, float* grad,
                       const Dropout& dropout, int64_t first_row) {
  if (dropout.rate > 0.0F) {
    vectorised<Drop>(dropout, first_row * width, rows * width, grad);
  }
  switch (activation) {
    case kRelu:
      vectorised<ReluBackward>(saved, rows * width, grad);
      break;
    case kTanh:
      vectorised<Backward<Tanh>>(saved, rows * width, grad);
      break;
    case kSigmoid:
      vectorised<Backward<Sigmoid>>(saved, rows * width, grad);
      break;
    case kGelu:
      vectorised<Backward<Gelu>>(saved, rows * width, grad);
      break;
    case kSilu:
      vectorised<Backward<Silu>>(saved, rows * width, grad);
      break;
  }
}

}  // namespace pacnet
