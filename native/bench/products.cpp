// GFLOP/s of the matrix products of a layer on one core: the BLAS's, and those of core/small_gemm.h, beside what the core does at most.
// products [SECONDS]: of each measurement. Prints nn (input's gradient), nt (forward), tn (weights' gradient) for layers of w x w and R rows.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "core/blas.h"
#include "core/simd.h"
#include "core/small_gemm.h"
#include "pacnet/pacnet.h"

extern "C" void sgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k, const float* alpha,
                       const float* a, const int* lda, const float* b, const int* ldb, const float* beta, float* c, const int* ldc);

namespace {

// Operations a second: the best of many short runs, since other programs only take away.
template <typename Body>
double rate(double operations, double seconds, const Body& body) {
  using Clock = std::chrono::steady_clock;
  double best = 0.0;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  do {
    const auto begin = Clock::now();
    double done = 0.0;
    std::chrono::duration<double> took{};
    do {
      body();
      done += operations;
      took = Clock::now() - begin;
    } while (took.count() < 2e-4);
    best = std::max(best, done / took.count());
  } while (Clock::now() < end);
  return best / 1e9;
}

// Sums in registers, as many as it takes to keep two multipliers busy: nothing else is faster.
using Eight = float __attribute__((vector_size(32)));
using Sixteen = float __attribute__((vector_size(64)));
template <typename Vector>
[[gnu::always_inline]] inline void multiply_add() {
  Vector sums[12] = {};
  Vector factor = {};
  for (int i = 0; i < 1000; ++i) {
    for (Vector& sum : sums) {
      asm volatile("" : "+v"(factor));
      sum += factor * factor;
    }
  }
  for (Vector& sum : sums) {
    asm volatile("" : "+v"(sum));
  }
}
#ifdef PACNET_HAS_ISAS
PACNET_AVX512 void multiply_add_avx512() { multiply_add<Sixteen>(); }
PACNET_AVX2 void multiply_add_avx2() { multiply_add<Eight>(); }
#endif

double peak(double seconds) {
#ifdef PACNET_HAS_ISAS
  if (pacnet::isa() == pacnet::Isa::kAvx512) {
    return rate(1000.0 * 12 * 16 * 2, seconds, multiply_add_avx512);
  }
  if (pacnet::isa() == pacnet::Isa::kAvx2) {
    return rate(1000.0 * 12 * 8 * 2, seconds, multiply_add_avx2);
  }
#endif
  return 0.0;
}

void blas(char ta, char tb, int m, int n, int k, const float* a, int lda, const float* b, int ldb, float* c, int ldc) {
  const float one = 1.0F;
  const float zero = 0.0F;
  sgemm_(&ta, &tb, &m, &n, &k, &one, a, &lda, b, &ldb, &zero, c, &ldc);
}

}  // namespace

int main(int count, char** arguments) {
  const double seconds = count > 1 ? std::atof(arguments[1]) : 0.05;
  pacnet::pin_blas_threads();
  std::printf("%s, %s, peak %.0f GFLOP/s\n", pacnet::describe_isa().c_str(), pacnet::blas_description(), peak(10 * seconds));
  std::printf("%5s %5s | %7s %7s | %7s %7s | %7s %7s\n", "w", "R", "nn blas", "ours", "nt blas", "ours", "tn blas", "ours");
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  for (const int w : {64, 128, 256, 512, 1024}) {
    std::vector<float> weights(static_cast<std::size_t>(w * w));
    for (float& value : weights) {
      value = normal(random);
    }
    std::vector<float> gradient = weights;
    for (const int rows : {1, 4, 10, 16, 32, 64, 128, 256}) {
      std::vector<float> x(static_cast<std::size_t>(rows * w));
      for (float& value : x) {
        value = normal(random);
      }
      std::vector<float> out = x;
      const double operations = 2.0 * rows * w * w;
      const auto print = [&](const auto& theirs, const auto& ours) {
        std::printf(" | %7.1f", rate(operations, seconds, theirs));
        if (ours()) {
          std::printf(" %7.1f", rate(operations, seconds, ours));
        } else {
          std::printf(" %7s", "-");
        }
      };
      std::printf("%5d %5d", w, rows);
      print([&] { blas('N', 'N', w, rows, w, weights.data(), w, x.data(), w, out.data(), w); },
            [&] { return pacnet::small_gemm_nn(rows, w, w, x.data(), w, weights.data(), w, out.data(), w); });
      print([&] { blas('T', 'N', w, rows, w, weights.data(), w, x.data(), w, out.data(), w); },
            [&] { return pacnet::small_gemm_nt(rows, w, w, x.data(), w, weights.data(), w, out.data(), w); });
      print([&] { blas('N', 'T', w, w, rows, x.data(), w, out.data(), w, gradient.data(), w); },
            [&] { return pacnet::small_gemm_tn(w, w, rows, out.data(), w, x.data(), w, gradient.data(), w); });
      std::printf("\n");
      std::fflush(stdout);
    }
  }
  return 0;
}
