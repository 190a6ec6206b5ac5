#include "core/blas.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string>

#include "core/error.h"
#include "core/small_gemm.h"

// The Fortran BLAS symbol is what both LibTorch builds have in common: the official wheel exports MKL's, the JavaCPP
// preset's LibTorch is linked to OpenBLAS. Calling it directly skips LibTorch's dispatcher.
extern "C" void sgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k,
                       const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
                       const float* beta, float* c, const int* ldc);

namespace pacnet {

namespace {

// Column-major product; a row-major matrix is its transpose in column-major terms.
void gemm(char transa, char transb, int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
          int64_t ldb, float* c, int64_t ldc, float beta = 0.0F) {
  const int mi = static_cast<int>(m);
  const int ni = static_cast<int>(n);
  const int ki = static_cast<int>(k);
  const int ai = static_cast<int>(lda);
  const int bi = static_cast<int>(ldb);
  const int ci = static_cast<int>(ldc);
  const float one = 1.0F;
  sgemm_(&transa, &transb, &mi, &ni, &ki, &one, a, &ai, b, &bi, &beta, c, &ci);
}

// The thread controls of the BLAS that is loaded, whichever it is. Looked up by name in every library of the process,
// since nothing says at build time which of them LibTorch will come with.
struct Controls {
  void (*set_openblas)(int) = nullptr;
  int (*get_openblas)() = nullptr;
  const char* (*config_openblas)() = nullptr;
  int (*set_mkl_local)(int) = nullptr;
};

void* find(const char* symbol) {
  if (void* found = dlsym(RTLD_DEFAULT, symbol)) {
    return found;
  }
  // The JVM loads libraries with local scope, where RTLD_DEFAULT does not look: ask the library that our own sgemm_
  // was bound to.
  Dl_info where{};
  if (dladdr(reinterpret_cast<void*>(&sgemm_), &where) == 0 || where.dli_fname == nullptr) {
    return nullptr;
  }
  void* library = dlopen(where.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) {
    return nullptr;
  }
  void* found = dlsym(library, symbol);
  dlclose(library);  // drops our reference only: the library stays, the process holds it
  return found;
}

const Controls& controls() {
  static const Controls found = [] {
    Controls c;
    c.set_openblas = reinterpret_cast<void (*)(int)>(find("openblas_set_num_threads"));
    c.get_openblas = reinterpret_cast<int (*)()>(find("openblas_get_num_threads"));
    c.config_openblas = reinterpret_cast<const char* (*)()>(find("openblas_get_config"));
    // In this spelling: in lower case it is MKL's Fortran entry, which takes an address.
    c.set_mkl_local = reinterpret_cast<int (*)(int)>(find("MKL_Set_Num_Threads_Local"));
    return c;
  }();
  return found;
}

}  // namespace

void gemm_nt(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb,
             float* c, int64_t ldc) {
  if (!small_gemm_nt(rows, cols, inner, a, lda, b, ldb, c, ldc)) {
    gemm('T', 'N', cols, rows, inner, b, ldb, a, lda, c, ldc);
  }
}

void gemm_nn(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb,
             float* c, int64_t ldc) {
  if (!small_gemm_nn(rows, cols, inner, a, lda, b, ldb, c, ldc)) {
    gemm('N', 'N', cols, rows, inner, b, ldb, a, lda, c, ldc);
  }
}

void gemm_tn(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb,
             float* c, int64_t ldc) {
  if (!small_gemm_tn(rows, cols, inner, a, lda, b, ldb, c, ldc)) {
    gemm('N', 'T', cols, rows, inner, b, ldb, a, lda, c, ldc);
  }
}

void gemm_tn_add(int64_t rows, int64_t cols, int64_t inner, const float* a, int64_t lda, const float* b, int64_t ldb,
                 float* c, int64_t ldc) {
  gemm('N', 'T', cols, rows, inner, b, ldb, a, lda, c, ldc, 1.0F);
}

void pin_blas_threads() {
  if (controls().set_openblas != nullptr && controls().get_openblas != nullptr && controls().get_openblas() != 1) {
    controls().set_openblas(1);
  }
  if (controls().set_mkl_local != nullptr) {
    controls().set_mkl_local(1);  // of this thread only; other users of MKL in the process keep theirs
  }
}

int blas_threads() {
  if (controls().get_openblas != nullptr) {
    return controls().get_openblas();
  }
  if (controls().set_mkl_local != nullptr) {
    const int now = controls().set_mkl_local(1);  // the only getter of the local value is its setter
    controls().set_mkl_local(now);
    return now == 0 ? -1 : now;
  }
  return -1;
}

int blas_callers() {
  // OpenBLAS has memory for so many callers at once and ends the process when there are far more. MKL has no such limit.
  static const int callers = [] {
    if (controls().config_openblas == nullptr) {
      return std::numeric_limits<int>::max();
    }
    const std::string config = controls().config_openblas();
    const std::string name = "MAX_THREADS=";
    const std::size_t at = config.find(name);
    return at == std::string::npos ? 1 : std::max(1, std::atoi(config.c_str() + at + name.size()));
  }();
  return callers;
}

namespace {

Turns& blas_turns() {
  static Turns turns(blas_callers());
  return turns;
}

}  // namespace

BlasTurn::BlasTurn(int threads) : in_(blas_turns(), threads) {}

const char* blas_description() {
  thread_local std::string text;
  Dl_info where{};
  const bool known = dladdr(reinterpret_cast<void*>(&sgemm_), &where) != 0 && where.dli_fname != nullptr;
  const std::string file = known ? where.dli_fname : "unknown";
  text = (controls().config_openblas != nullptr ? controls().config_openblas()
          : controls().set_mkl_local != nullptr ? "MKL"
                                                : "BLAS of an unknown kind") +
         std::string(" (") + file + ")";
  return text.c_str();
}

}  // namespace pacnet
