// Compiled with fused multiply-adds, as a BLAS is.
#include "core/small_gemm.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/simd.h"

namespace pacnet {

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

namespace {

// Where OpenBLAS and MKL were found to be slower, or no faster (bench/RESULTS.md). Rows are those of a batch.
constexpr int64_t kFewRows = 64;
constexpr int64_t kMostWeights = 512 * 512;
// To turn the weights over takes as long as a product with some rows.
constexpr int64_t kLeastTurned = 8;
constexpr int64_t kMostTurned = 64;
constexpr int64_t kMostTurnedWeights = 256 * 256;

constexpr int kLanes = 16;
using Vector = float __attribute__((vector_size(kLanes * sizeof(float)), aligned(4), may_alias));

struct Product {
  int64_t rows;
  int64_t cols;
  int64_t inner;
  const float* a;
  int64_t row_stride;
  int64_t inner_stride;
  const float* b;
  int64_t ldb;
  float* c;
  int64_t ldc;
};

// A tile of kRows rows and kVectors vectors of columns from (row, col) on.
template <int kRows, int kVectors>
[[gnu::always_inline]] inline void tile(const Product& p, int64_t row, int64_t col) {
  Vector sums[kRows][kVectors] = {};
  const float* a = p.a + row * p.row_stride;
  const float* b = p.b + col;
  for (int64_t k = 0; k < p.inner; ++k) {
    Vector columns[kVectors];
    for (int v = 0; v < kVectors; ++v) {
      columns[v] = *reinterpret_cast<const Vector*>(b + v * kLanes);
    }
    for (int r = 0; r < kRows; ++r) {
      const float factor = a[r * p.row_stride];
      for (int v = 0; v < kVectors; ++v) {
        sums[r][v] += factor * columns[v];
      }
    }
    a += p.inner_stride;
    b += p.ldb;
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      *reinterpret_cast<Vector*>(p.c + (row + r) * p.ldc + col + v * kLanes) = sums[r][v];
    }
  }
}

// A tile has as many sums as there are registers for.
template <int kVectors>
[[gnu::always_inline]] inline void strip(const Product& p, int64_t col) {
  constexpr int kMostRows = 6;
  int64_t row = 0;
  for (; row + kMostRows <= p.rows; row += kMostRows) {
    tile<kMostRows, kVectors>(p, row, col);
  }
  switch (p.rows - row) {
    case 5:
      return tile<5, kVectors>(p, row, col);
    case 4:
      return tile<4, kVectors>(p, row, col);
    case 3:
      return tile<3, kVectors>(p, row, col);
    case 2:
      return tile<2, kVectors>(p, row, col);
    case 1:
      return tile<1, kVectors>(p, row, col);
    default:
      return;
  }
}

// Fewer columns than a vector has: as a whole vector beside zeros, elsewhere.
[[gnu::always_inline]] inline void last_columns(const Product& p, int64_t col) {
  thread_local std::vector<float> padded;
  const auto width = static_cast<std::size_t>(p.cols - col);
  padded.assign(static_cast<std::size_t>((p.inner + p.rows) * kLanes), 0.0F);
  float* b = padded.data();
  float* c = b + p.inner * kLanes;
  for (int64_t k = 0; k < p.inner; ++k) {
    std::memcpy(b + k * kLanes, p.b + k * p.ldb + col, width * sizeof(float));
  }
  strip<1>({p.rows, kLanes, p.inner, p.a, p.row_stride, p.inner_stride, b, kLanes, c, kLanes}, 0);
  for (int64_t r = 0; r < p.rows; ++r) {
    std::memcpy(p.c + r * p.ldc + col, c + r * kLanes, width * sizeof(float));
  }
}

// kVectors: of a tile, where there are columns enough.
template <int kVectors>
[[gnu::always_inline]] inline void multiply(const Product& p) {
  int64_t col = 0;
  for (; col + kVectors * kLanes <= p.cols; col += kVectors * kLanes) {
    strip<kVectors>(p, col);
  }
  if constexpr (kVectors > 2) {
    for (; col + 2 * kLanes <= p.cols; col += 2 * kLanes) {
      strip<2>(p, col);
    }
  }
  for (; col + kLanes <= p.cols; col += kLanes) {
    strip<1>(p, col);
  }
  if (col < p.cols) {
    last_columns(p, col);
  }
}

__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))) void multiply_avx512(const Product& p) { multiply<4>(p); }
__attribute__((target("avx2,fma"))) void multiply_avx2(const Product& p) { multiply<1>(p); }

using Multiply = void (*)(const Product&);

Multiply best() {
  if (has_avx512()) {
    return multiply_avx512;
  }
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? multiply_avx2 : nullptr;
}

const Multiply kMultiply = best();

using Eight = float __attribute__((vector_size(32), aligned(4), may_alias));
using Places = int __attribute__((vector_size(32)));

[[gnu::always_inline]] inline void transpose_block(const float* from, int64_t ld, float* to, int64_t to_ld) {
  Eight in[8];
  for (int i = 0; i < 8; ++i) {
    in[i] = *reinterpret_cast<const Eight*>(from + i * ld);
  }
  // Pairs of rows, then of pairs, then of halves: what a row has apart in j comes to lie apart in i.
  Eight pairs[8];
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = __builtin_shuffle(in[i], in[i + 1], Places{0, 8, 1, 9, 4, 12, 5, 13});
    pairs[i + 1] = __builtin_shuffle(in[i], in[i + 1], Places{2, 10, 3, 11, 6, 14, 7, 15});
  }
  Eight fours[8];
  for (int i = 0; i < 8; i += 4) {
    fours[i] = __builtin_shuffle(pairs[i], pairs[i + 2], Places{0, 1, 8, 9, 4, 5, 12, 13});
    fours[i + 1] = __builtin_shuffle(pairs[i], pairs[i + 2], Places{2, 3, 10, 11, 6, 7, 14, 15});
    fours[i + 2] = __builtin_shuffle(pairs[i + 1], pairs[i + 3], Places{0, 1, 8, 9, 4, 5, 12, 13});
    fours[i + 3] = __builtin_shuffle(pairs[i + 1], pairs[i + 3], Places{2, 3, 10, 11, 6, 7, 14, 15});
  }
  for (int i = 0; i < 4; ++i) {
    *reinterpret_cast<Eight*>(to + i * to_ld) = __builtin_shuffle(fours[i], fours[i + 4], Places{0, 1, 2, 3, 8, 9, 10, 11});
    *reinterpret_cast<Eight*>(to + (i + 4) * to_ld) = __builtin_shuffle(fours[i], fours[i + 4], Places{4, 5, 6, 7, 12, 13, 14, 15});
  }
}

// [rows, cols] of `from` to [cols, rows].
__attribute__((target("avx2"))) void transpose(const float* from, int64_t ld, int64_t rows, int64_t cols, float* to) {
  const int64_t whole_rows = rows / 8 * 8;
  const int64_t whole_cols = cols / 8 * 8;
  constexpr int64_t kLine = 16;  // floats of a cache line: both sides of it are touched while it is there
  for (int64_t top = 0; top < whole_rows; top += kLine) {
    for (int64_t left = 0; left < whole_cols; left += kLine) {
      for (int64_t c = left; c < std::min(left + kLine, whole_cols); c += 8) {
        for (int64_t r = top; r < std::min(top + kLine, whole_rows); r += 8) {
          transpose_block(from + r * ld + c, ld, to + c * rows + r, rows);
        }
      }
    }
  }
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = r < whole_rows ? whole_cols : 0; c < cols; ++c) {
      to[c * rows + r] = from[r * ld + c];
    }
  }
}

}  // namespace

bool small_gemm_nn(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
                   int64_t ldc) {
  if (kMultiply == nullptr || rows > kFewRows || inner * cols > kMostWeights) {
    return false;
  }
  kMultiply({rows, cols, inner, a, lda, 1, b, ldb, c, ldc});
  return true;
}

bool small_gemm_tn(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
                   int64_t ldc) {
  if (kMultiply == nullptr || inner > kFewRows || rows * cols > kMostWeights) {
    return false;
  }
  kMultiply({rows, cols, inner, a, 1, lda, b, ldb, c, ldc});
  return true;
}

bool small_gemm_nt(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
                   int64_t ldc) {
  if (kMultiply == nullptr || rows < kLeastTurned || rows > kMostTurned || cols < kLanes || inner * cols > kMostTurnedWeights) {
    return false;
  }
  thread_local std::vector<float> turned;
  turned.resize(static_cast<std::size_t>(cols * inner));
  transpose(b, ldb, cols, inner, turned.data());
  kMultiply({rows, cols, inner, a, lda, 1, turned.data(), cols, c, ldc});
  return true;
}

#else

bool small_gemm_nn(int64_t, int64_t, int64_t, const float*, int64_t, const float*, int64_t, float*, int64_t) { return false; }
bool small_gemm_tn(int64_t, int64_t, int64_t, const float*, int64_t, const float*, int64_t, float*, int64_t) { return false; }
bool small_gemm_nt(int64_t, int64_t, int64_t, const float*, int64_t, const float*, int64_t, float*, int64_t) { return false; }

#endif

}  // namespace pacnet
