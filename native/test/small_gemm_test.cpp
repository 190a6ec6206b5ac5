// Products of a few rows against sums in double precision, at every kind of edge.

#include "core/small_gemm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "core/simd.h"

namespace pacnet {
namespace {

using Product = bool (*)(int64_t, int64_t, int64_t, const float*, int64_t, const float*, int64_t, float*, int64_t);

struct Kind {
  const char* name;
  Product multiply;
  bool a_turned;
  bool b_turned;
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class SmallGemm : public testing::TestWithParam<Kind> {};

// How many of these shapes a kernel of ours took.
int check(const Kind& kind, const std::vector<int64_t>& all_rows, const std::vector<int64_t>& all_cols, const std::vector<int64_t>& all_inner) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  int taken = 0;
  for (const int64_t rows : all_rows) {
    for (const int64_t cols : all_cols) {
      for (const int64_t inner : all_inner) {
        // Rows of the buffers are longer than they need be, and what is behind them must stay.
        const int64_t lda = (kind.a_turned ? rows : inner) + 3;
        const int64_t ldb = (kind.b_turned ? inner : cols) + 5;
        const int64_t ldc = cols + 2;
        std::vector<float> a(static_cast<std::size_t>((kind.a_turned ? inner : rows) * lda));
        std::vector<float> b(static_cast<std::size_t>((kind.b_turned ? cols : inner) * ldb));
        std::vector<float> c(static_cast<std::size_t>(rows * ldc), 77.0F);
        for (std::vector<float>* values : {&a, &b}) {
          for (float& value : *values) {
            value = normal(random);
          }
        }
        if (!kind.multiply(rows, cols, inner, a.data(), lda, b.data(), ldb, c.data(), ldc)) {
          EXPECT_EQ(c.front(), 77.0F);
          continue;
        }
        ++taken;
        for (int64_t r = 0; r < rows; ++r) {
          for (int64_t j = 0; j < ldc; ++j) {
            const auto found = static_cast<double>(c[static_cast<std::size_t>(r * ldc + j)]);
            double sum = 77.0;
            double size = 0.0;
            if (j < cols) {
              sum = 0.0;
              for (int64_t k = 0; k < inner; ++k) {
                const double product =
                    static_cast<double>(a[static_cast<std::size_t>(kind.a_turned ? k * lda + r : r * lda + k)]) *
                    static_cast<double>(b[static_cast<std::size_t>(kind.b_turned ? j * ldb + k : k * ldb + j)]);
                sum += product;
                size += std::fabs(product);
              }
            }
            EXPECT_NEAR(found, sum, 1e-6 * size + 1e-12) << rows << ' ' << cols << ' ' << inner << " at " << r << ' ' << j;
            if (testing::Test::HasFailure()) {
              return taken;
            }
          }
        }
      }
    }
  }
  return taken;
}

TEST_P(SmallGemm, EqualsTheSums) {
  const Kind& kind = GetParam();
  int taken = check(kind, {1, 2, 5, 6, 7, 8, 11, 17, 31, 48, 64}, {1, 3, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 131},
                    {1, 2, 7, 8, 9, 16, 33, 64});
  // Where columns are packed, sums are long, and a batch is large.
  taken += check(kind, {1, 20, 129}, {530, 1027}, {3, 70, 129});
  taken += check(kind, {1, 4, 130}, {9, 40}, {300, 1030});
#ifdef PACNET_HAS_ISAS
  EXPECT_EQ(taken > 0, isa() != Isa::kSse2);
#endif
}

INSTANTIATE_TEST_SUITE_P(Kinds, SmallGemm,
                         testing::Values(Kind{"nn", small_gemm_nn, false, false}, Kind{"tn", small_gemm_tn, true, false},
                                         Kind{"nt", small_gemm_nt, false, true}),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace pacnet
