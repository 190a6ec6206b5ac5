// Matrix products of a few rows, for which a BLAS, made for large ones, takes longer than it must.
#pragma once

#include <cstdint>

namespace pacnet {

/// As gemm_nn, gemm_tn and gemm_nt of core/blas.h. False, with nothing done, where a BLAS does as well, or the processor has
/// neither AVX-512 nor AVX2. An element's sum is made in the same order whatever else is computed with it, so that the shape alone
/// decides its bits.
bool small_gemm_nn(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
                   int64_t ldc);
bool small_gemm_tn(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
                   int64_t ldc);
bool small_gemm_nt(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
                   int64_t ldc);

}  // namespace pacnet
