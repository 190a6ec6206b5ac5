#include "core/columns.h"

#include "core/simd.h"

namespace pacnet {

namespace {

struct AddColumnSums {
  PACNET_LOOP void run(const float* values, int64_t rows, int64_t width, int64_t columns, float* __restrict out) {
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < columns; ++c) {
        out[c] += values[r * width + c];
      }
    }
  }
};

}  // namespace

void add_column_sums(const float* values, int64_t rows, int64_t width, int64_t columns, float* __restrict out) {
  vectorised<AddColumnSums>(values, rows, width, columns, out);
}

}  // namespace pacnet
