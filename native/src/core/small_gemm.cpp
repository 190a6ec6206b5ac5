// Compiled with fused multiply-adds, as a BLAS is.
#include "core/small_gemm.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/simd.h"

namespace pacnet {

#ifdef PACNET_HAS_ISAS

namespace {

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

// As many floats as a register holds: a longer vector lives on the stack, eight times slower.
using Eight = float __attribute__((vector_size(32), aligned(4), may_alias));
using Sixteen = float __attribute__((vector_size(64), aligned(4), may_alias));

// As many sums to a tile as there are registers for, beside a row's factor and the columns.
struct Avx2 {
  using Vector = Eight;
  static constexpr int kLanes = 8;
  static constexpr int kTileVectors = 2;
};
struct Avx512 {
  using Vector = Sixteen;
  static constexpr int kLanes = 16;
  static constexpr int kTileVectors = 4;
};
constexpr int kTileRows = 6;

// A tile of kRows rows and kVectors vectors of columns from (row, col) on.
template <typename Set, int kRows, int kVectors>
[[gnu::always_inline]] inline void tile(const Product& p, int64_t row, int64_t col) {
  constexpr int kLanes = Set::kLanes;
  using Vector = typename Set::Vector;
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

template <typename Set, int kVectors>
[[gnu::always_inline]] inline void some_rows(const Product& p, int64_t row, int64_t count, int64_t col) {
  switch (count) {
    case 6:
      return tile<Set, 6, kVectors>(p, row, col);
    case 5:
      return tile<Set, 5, kVectors>(p, row, col);
    case 4:
      return tile<Set, 4, kVectors>(p, row, col);
    case 3:
      return tile<Set, 3, kVectors>(p, row, col);
    case 2:
      return tile<Set, 2, kVectors>(p, row, col);
    default:
      return tile<Set, 1, kVectors>(p, row, col);
  }
}

// Rows are shared out evenly: a tile of one row waits for its own sums.
int64_t tiles_of(int64_t rows) { return (rows + kTileRows - 1) / kTileRows; }

template <typename Set, int kVectors>
[[gnu::always_inline]] inline void strip(const Product& p, int64_t col) {
  const int64_t tiles = tiles_of(p.rows);
  for (int64_t t = 0; t < tiles; ++t) {
    const int64_t row = p.rows * t / tiles;
    some_rows<Set, kVectors>(p, row, p.rows * (t + 1) / tiles - row, col);
  }
}

// Fewer columns than a vector has: as a whole vector beside zeros, elsewhere.
template <typename Set>
[[gnu::always_inline]] inline void last_columns(const Product& p, int64_t col) {
  constexpr int kLanes = Set::kLanes;
  thread_local std::vector<float> padded;
  const auto width = static_cast<std::size_t>(p.cols - col);
  padded.assign(static_cast<std::size_t>((p.inner + p.rows) * kLanes), 0.0F);
  float* b = padded.data();
  float* c = b + p.inner * kLanes;
  for (int64_t k = 0; k < p.inner; ++k) {
    std::memcpy(b + k * kLanes, p.b + k * p.ldb + col, width * sizeof(float));
  }
  strip<Set, 1>({p.rows, kLanes, p.inner, p.a, p.row_stride, p.inner_stride, b, kLanes, c, kLanes}, 0);
  for (int64_t r = 0; r < p.rows; ++r) {
    std::memcpy(p.c + r * p.ldc + col, c + r * kLanes, width * sizeof(float));
  }
}

// kVectors: of a tile, where there are columns enough.
template <typename Set, int kVectors = Set::kTileVectors>
[[gnu::always_inline]] inline void multiply(const Product& p, int64_t col = 0) {
  constexpr int kLanes = Set::kLanes;
  for (; col + kVectors * kLanes <= p.cols; col += kVectors * kLanes) {
    strip<Set, kVectors>(p, col);
  }
  if constexpr (kVectors > 2) {
    for (; col + 2 * kLanes <= p.cols; col += 2 * kLanes) {
      strip<Set, 2>(p, col);
    }
  }
  for (; col + kLanes <= p.cols; col += kLanes) {
    strip<Set, 1>(p, col);
  }
  if (col < p.cols) {
    last_columns<Set>(p, col);
  }
}

// Row by row of tiles, so that what is written lies together; then what is left of the columns.
template <typename Set>
[[gnu::always_inline]] inline void multiply_by_rows(const Product& p) {
  constexpr int kWidth = Set::kTileVectors * Set::kLanes;
  const int64_t whole = p.cols / kWidth * kWidth;
  const int64_t tiles = tiles_of(p.rows);
  for (int64_t t = 0; t < tiles; ++t) {
    const int64_t row = p.rows * t / tiles;
    for (int64_t col = 0; col < whole; col += kWidth) {
      some_rows<Set, Set::kTileVectors>(p, row, p.rows * (t + 1) / tiles - row, col);
    }
  }
  multiply<Set>(p, whole);
}

// The columns of a tile are moved together first: where B's rows are a power of two apart, they fall on the same few lines of the cache.
template <typename Set>
[[gnu::always_inline]] inline void multiply_packed(const Product& p) {
  using Vector = typename Set::Vector;
  constexpr int kVectors = Set::kTileVectors;
  constexpr int kWidth = kVectors * Set::kLanes;
  thread_local std::vector<float> packed;
  packed.resize(static_cast<std::size_t>(p.inner * kWidth));
  int64_t col = 0;
  for (; col + kWidth <= p.cols; col += kWidth) {
    for (int64_t k = 0; k < p.inner; ++k) {
      for (int v = 0; v < kVectors; ++v) {
        const int64_t at = v * Set::kLanes;
        *reinterpret_cast<Vector*>(packed.data() + k * kWidth + at) =
            *reinterpret_cast<const Vector*>(p.b + k * p.ldb + col + at);
      }
    }
    strip<Set, kVectors>({p.rows, kWidth, p.inner, p.a, p.row_stride, p.inner_stride, packed.data(), kWidth, p.c + col, p.ldc}, 0);
  }
  multiply<Set>(p, col);
}

// Where B's rows are the columns: kRows rows beside four of those, each sum over vectors along both.
constexpr int kDotColumns = 4;
constexpr int kDotRows = 3;
using Places8 = int __attribute__((vector_size(32)));

// Sums of neighbours, {a0 + a1, a2 + a3, b0 + b1, b2 + b3} of each half, to `a`.
[[gnu::always_inline]] inline void add_pairs(Eight& a, const Eight& b) {
  const Eight even = __builtin_shuffle(a, b, Places8{0, 2, 8, 10, 4, 6, 12, 14});
  const Eight odd = __builtin_shuffle(a, b, Places8{1, 3, 9, 11, 5, 7, 13, 15});
  a = even + odd;
}

// The sums of four vectors, to the first one's lower half.
[[gnu::always_inline]] inline void add_up(Eight (&of)[kDotColumns]) {
  add_pairs(of[0], of[1]);
  add_pairs(of[2], of[3]);
  add_pairs(of[0], of[2]);
  const Eight turned = __builtin_shuffle(of[0], Places8{4, 5, 6, 7, 0, 1, 2, 3});
  of[0] += turned;
}

// What is left of the sums from `first` on.
[[gnu::noinline]] void add_rest(const Product& p, int64_t row, int64_t rows, int64_t col, int64_t cols, int64_t first) {
  for (int64_t r = row; r < row + rows; ++r) {
    for (int64_t c = col; c < col + cols; ++c) {
      float sum = p.c[r * p.ldc + c];
      for (int64_t k = first; k < p.inner; ++k) {
        sum += p.a[r * p.row_stride + k] * p.b[c * p.ldb + k];
      }
      p.c[r * p.ldc + c] = sum;
    }
  }
}

template <int kRows, int kCols>
[[gnu::always_inline]] inline void dots(const Product& p, int64_t row, int64_t col) {
  Eight sums[kRows][kDotColumns] = {};
  const float* a = p.a + row * p.row_stride;
  const float* b = p.b + col * p.ldb;
  int64_t k = 0;
  for (; k + 8 <= p.inner; k += 8) {
    Eight factors[kRows];
    for (int r = 0; r < kRows; ++r) {
      factors[r] = *reinterpret_cast<const Eight*>(a + r * p.row_stride + k);
    }
    for (int c = 0; c < kCols; ++c) {
      const Eight column = *reinterpret_cast<const Eight*>(b + c * p.ldb + k);
      for (int r = 0; r < kRows; ++r) {
        sums[r][c] += factors[r] * column;
      }
    }
  }
#pragma GCC unroll 3
  for (int r = 0; r < kRows; ++r) {
    Eight of[kDotColumns];
    for (int c = 0; c < kDotColumns; ++c) {
      of[c] = sums[r][c];
    }
    add_up(of);
    std::memcpy(p.c + (row + r) * p.ldc + col, &of[0], kCols * sizeof(float));
  }
  if (k < p.inner) {
    add_rest(p, row, kRows, col, kCols, k);
  }
}

template <int kCols>
[[gnu::always_inline]] inline void dot_strip(const Product& p, int64_t col) {
  const int64_t tiles = (p.rows + kDotRows - 1) / kDotRows;
  for (int64_t t = 0; t < tiles; ++t) {
    const int64_t row = p.rows * t / tiles;
    switch (p.rows * (t + 1) / tiles - row) {
      case 3:
        dots<3, kCols>(p, row, col);
        break;
      case 2:
        dots<2, kCols>(p, row, col);
        break;
      default:
        dots<1, kCols>(p, row, col);
        break;
    }
  }
}

PACNET_AVX2 void dots_avx2(const Product& p) {
  int64_t col = 0;
  for (; col + kDotColumns <= p.cols; col += kDotColumns) {
    dot_strip<kDotColumns>(p, col);
  }
  for (; col < p.cols; ++col) {
    dot_strip<1>(p, col);
  }
}

[[gnu::always_inline]] inline void transpose_block(const float* from, int64_t ld, float* to, int64_t to_ld) {
  Eight in[8];
  for (int i = 0; i < 8; ++i) {
    in[i] = *reinterpret_cast<const Eight*>(from + i * ld);
  }
  // Pairs of rows, then of pairs, then of halves: what a row has apart in j comes to lie apart in i.
  Eight pairs[8];
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = __builtin_shuffle(in[i], in[i + 1], Places8{0, 8, 1, 9, 4, 12, 5, 13});
    pairs[i + 1] = __builtin_shuffle(in[i], in[i + 1], Places8{2, 10, 3, 11, 6, 14, 7, 15});
  }
  Eight fours[8];
  for (int i = 0; i < 8; i += 4) {
    fours[i] = __builtin_shuffle(pairs[i], pairs[i + 2], Places8{0, 1, 8, 9, 4, 5, 12, 13});
    fours[i + 1] = __builtin_shuffle(pairs[i], pairs[i + 2], Places8{2, 3, 10, 11, 6, 7, 14, 15});
    fours[i + 2] = __builtin_shuffle(pairs[i + 1], pairs[i + 3], Places8{0, 1, 8, 9, 4, 5, 12, 13});
    fours[i + 3] = __builtin_shuffle(pairs[i + 1], pairs[i + 3], Places8{2, 3, 10, 11, 6, 7, 14, 15});
  }
  for (int i = 0; i < 4; ++i) {
    *reinterpret_cast<Eight*>(to + i * to_ld) = __builtin_shuffle(fours[i], fours[i + 4], Places8{0, 1, 2, 3, 8, 9, 10, 11});
    *reinterpret_cast<Eight*>(to + (i + 4) * to_ld) = __builtin_shuffle(fours[i], fours[i + 4], Places8{4, 5, 6, 7, 12, 13, 14, 15});
  }
}

// [rows, cols] of `from` to [cols, rows].
PACNET_AVX2 void transpose(const float* from, int64_t ld, int64_t rows, int64_t cols, float* to) {
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

namespace {

// Where OpenBLAS and MKL were found to be slower, or no faster, with that set (bench/RESULTS.md, native/bench/products.cpp). Constants: what
// is chosen by the clock would be chosen differently from run to run, and the bits with it.

// --- AVX-512. Rows are those of a batch.

constexpr int64_t kFewRows = 64;
constexpr int64_t kMostWeights = 512 * 512;
// To turn the weights over takes as long as a product with some rows.
constexpr int64_t kLeastTurned = 8;
constexpr int64_t kMostTurnedWeights = 256 * 256;

PACNET_AVX512 bool take_avx512(const Product& p, int64_t rows, int64_t weights) {
  if (rows > kFewRows || weights > kMostWeights) {
    return false;
  }
  multiply<Avx512>(p);
  return true;
}

// --- AVX2

constexpr int64_t kMostRows = 128;
constexpr int64_t kAnyRows = 256 * 256;  // weights, up to which more rows are taken too
constexpr int64_t kMostInner = 1024;  // of what is packed: a tile's columns have to stay in the first cache
constexpr int64_t kMostCols = 4096;
constexpr int64_t kFarApart = 512;  // floats between B's rows, from where on they are packed
constexpr int64_t kManyTiles = 16;   // rows that pay for it

PACNET_AVX2 bool take_avx2(const Product& p) {
  if (p.inner > kMostInner || p.cols > kMostCols) {
    return false;
  }
  // A batch's sums are short, and packed in no time.
  const bool packed = p.inner <= kFewRows ? p.ldb >= kFarApart / 2 : p.ldb >= kFarApart && p.rows >= kManyTiles;
  packed ? multiply_packed<Avx2>(p) : multiply_by_rows<Avx2>(p);
  return true;
}

// A sum over vectors along `inner` ends with seven additions across one: short sums are better had by turning B over.
bool worth_turning(int64_t rows, int64_t inner) { return inner <= 64 ? rows >= 4 : inner <= 128 && rows >= 32; }

bool multiply_turned(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
                     int64_t ldc) {
  thread_local std::vector<float> turned;
  turned.resize(static_cast<std::size_t>(cols * inner));
  transpose(b, ldb, cols, inner, turned.data());
  const Product p{rows, cols, inner, a, lda, 1, turned.data(), cols, c, ldc};
  return isa() == Isa::kAvx512 ? take_avx512(p, rows, inner * cols) : take_avx2(p);
}

}  // namespace

bool small_gemm_nn(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
                   int64_t ldc) {
  const Product p{rows, cols, inner, a, lda, 1, b, ldb, c, ldc};
  switch (isa()) {
    case Isa::kAvx512:
      return take_avx512(p, rows, inner * cols);
    case Isa::kAvx2:
      return (rows <= kMostRows || inner * cols <= kAnyRows) && take_avx2(p);
    default:
      return false;
  }
}

bool small_gemm_tn(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
                   int64_t ldc) {
  const Product p{rows, cols, inner, a, 1, lda, b, ldb, c, ldc};
  switch (isa()) {
    case Isa::kAvx512:
      return take_avx512(p, inner, rows * cols);
    case Isa::kAvx2:
      return (inner <= kMostRows / 2 || rows * cols <= kAnyRows) && take_avx2(p);
    default:
      return false;
  }
}

bool small_gemm_nt(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
                   int64_t ldc) {
  switch (isa()) {
    case Isa::kAvx512:
      return rows >= kLeastTurned && rows <= kFewRows && cols >= Avx512::kLanes && inner * cols <= kMostTurnedWeights &&
             multiply_turned(rows, cols, inner, a, lda, b, ldb, c, ldc);
    case Isa::kAvx2:
      if ((rows > kMostRows && inner * cols > kAnyRows) || inner > kMostInner || cols > kMostCols) {
        return false;
      }
      if (cols >= Avx2::kLanes && worth_turning(rows, inner)) {
        return multiply_turned(rows, cols, inner, a, lda, b, ldb, c, ldc);
      }
      dots_avx2({rows, cols, inner, a, lda, 1, b, ldb, c, ldc});
      return true;
    default:
      return false;
  }
}

#else

bool small_gemm_nn(int64_t, int64_t, int64_t, const float*, int64_t, const float*, int64_t, float*, int64_t) { return false; }
bool small_gemm_tn(int64_t, int64_t, int64_t, const float*, int64_t, const float*, int64_t, float*, int64_t) { return false; }
bool small_gemm_nt(int64_t, int64_t, int64_t, const float*, int64_t, const float*, int64_t, float*, int64_t) { return false; }

#endif

}  // namespace pacnet
