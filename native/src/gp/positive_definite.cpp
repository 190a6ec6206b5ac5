#include "gp/positive_definite.h"

#include <algorithm>
#include <atomic>
#include <functional>

#include "core/blas.h"
#include "core/error.h"
#include "pacnet/pacnet.h"

// As sgemm_ of core/blas.cpp: what both LibTorch builds have in common.
extern "C" {
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void dtrsm_(const char* side, const char* uplo, const char* trans, const char* diag, const int* m, const int* n, const double* alpha,
            const double* a, const int* lda, double* b, const int* ldb);
void dgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k, const double* alpha, const double* a,
            const int* lda, const double* b, const int* ldb, const double* beta, double* c, const int* ldc);
}

namespace pacnet {

namespace {

constexpr int64_t kBlock = 192;

int64_t blocks_of(int64_t n) { return (n + kBlock - 1) / kBlock; }
int size_of(int64_t n, int64_t block) { return static_cast<int>(std::min(kBlock, n - block * kBlock)); }
double* at(double* a, int64_t n, int64_t row, int64_t column) { return a + column * kBlock * n + row * kBlock; }

}  // namespace

void share_out(Team& team, int64_t begin, int64_t end, const std::function<void(int64_t)>& body) {
  std::atomic<int64_t> next{begin};
  team.run([&](int) {
    pin_blas_threads();
    for (int64_t i = next.fetch_add(1); i < end; i = next.fetch_add(1)) {
      body(i);
    }
  });
}

bool cholesky(double* a, int64_t n, Team& team) {
  const int ld = static_cast<int>(n);
  const double one = 1.0;
  const double minus = -1.0;
  const int64_t blocks = blocks_of(n);
  for (int64_t k = 0; k < blocks; ++k) {
    const int width = size_of(n, k);
    int info = 0;
    dpotrf_("L", &width, at(a, n, k, k), &ld, &info);
    if (info != 0) {
      return false;
    }
    share_out(team, k + 1, blocks, [&](int64_t i) {
      const int height = size_of(n, i);
      dtrsm_("R", "L", "T", "N", &height, &width, &one, at(a, n, k, k), &ld, at(a, n, i, k), &ld);
    });
    share_out(team, k + 1, blocks, [&](int64_t j) {
      const int height = static_cast<int>(n - j * kBlock);
      const int columns = size_of(n, j);
      dgemm_("N", "T", &height, &columns, &width, &minus, at(a, n, j, k), &ld, at(a, n, j, k), &ld, &one, at(a, n, j, j), &ld);
    });
  }
  return true;
}

void inverse_of(double* factor, int64_t n, Team& team, double* scratch) {
  const int ld = static_cast<int>(n);
  const double one = 1.0;
  const double zero = 0.0;
  const int64_t blocks = blocks_of(n);
  // Z = L^-1: a block's columns are zero above the diagonal.
  share_out(team, 0, blocks, [&](int64_t j) {
    const int height = static_cast<int>(n - j * kBlock);
    const int columns = size_of(n, j);
    double* z = at(scratch, n, j, j);
    for (int c = 0; c < columns; ++c) {
      std::fill_n(z + c * n, height, 0.0);
      z[c * n + c] = 1.0;
    }
    dtrsm_("L", "L", "N", "N", &height, &columns, &one, at(factor, n, j, j), &ld, z, &ld);
  });
  double* out = factor;
  // Z' Z, of which block (i, j) begins where the lower of its two columns does; the upper half is the lower one's mirror image.
  share_out(team, 0, blocks, [&](int64_t j) {
    const int columns = size_of(n, j);
    for (int64_t i = j; i < blocks; ++i) {
      const int rows = size_of(n, i);
      const int inner = static_cast<int>(n - i * kBlock);
      dgemm_("T", "N", &rows, &columns, &inner, &one, at(scratch, n, i, i), &ld, at(scratch, n, i, j), &ld, &zero, at(out, n, i, j), &ld);
      for (int64_t c = 0; c < columns; ++c) {
        for (int64_t r = 0; r < rows; ++r) {
          out[(i * kBlock + r) * n + j * kBlock + c] = out[(j * kBlock + c) * n + i * kBlock + r];
        }
      }
    }
  });
}

void solve_lower(const double* factor, int64_t n, double* b, int64_t columns) {
  const int size = static_cast<int>(n);
  const int count = static_cast<int>(columns);
  const double one = 1.0;
  dtrsm_("L", "L", "N", "N", &size, &count, &one, factor, &size, b, &size);
}

void solve_both(const double* factor, int64_t n, double* b, int64_t columns) {
  solve_lower(factor, n, b, columns);
  const int size = static_cast<int>(n);
  const int count = static_cast<int>(columns);
  const double one = 1.0;
  dtrsm_("L", "L", "T", "N", &size, &count, &one, factor, &size, b, &size);
}

}  // namespace pacnet
