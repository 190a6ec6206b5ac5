// Sums over the rows of a matrix.
#pragma once

#include <cstdint>

namespace pacnet {

/// out[c] += sum over rows of values[r * width + c], c < columns.
void add_column_sums(const float* values, int64_t rows, int64_t width, int64_t columns, float* __restrict out);

}  // namespace pacnet
