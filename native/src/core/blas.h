// The matrix products, straight to the BLAS that LibTorch carries, and the rule for its threads.
#pragma once

#include <cstdint>

#include "core/turns.h"

namespace pacnet {

/// C[rows, cols] = A[rows, inner] * B[cols, inner]^T, all row-major with the given row strides.
void gemm_nt(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb,
             float* c, int64_t ldc);
/// C[rows, cols] = A[rows, inner] * B[inner, cols].
void gemm_nn(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb,
             float* c, int64_t ldc);
/// C[rows, cols] = A[inner, rows]^T * B[inner, cols].
void gemm_tn(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb,
             float* c, int64_t ldc);

/// C += A[inner, rows]^T * B[inner, cols].
void gemm_tn_add(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb,
                 float* c, int64_t ldc);

/// How many threads may be inside the BLAS at once.
int blas_callers();

/// What a call takes that may lead so many threads into the BLAS, for all fits and predictions of the process together.
class BlasTurn {
 public:
  explicit BlasTurn(int threads);

 private:
  Turns::In in_;
};

}  // namespace pacnet
