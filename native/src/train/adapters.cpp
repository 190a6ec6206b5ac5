#include "train/adapters.h"

#include <algorithm>
#include <string>

#include "core/blas.h"

namespace pacnet {

Adapters::Adapters(const Scope& scope, const float* start) : scope_(scope), start_(start) {
  for (const Scope::Adapter& adapter : scope.adapters) {
    const Tensor& tensor = scope.layout.tensors()[adapter.tensor];
    const int64_t rows = tensor.dims.front();
    const int64_t columns = tensor.size / rows;
    layout_.add(tensor.name + ".b", {rows, adapter.rank}, 0);
    layout_.add(tensor.name + ".a", {adapter.rank, columns}, 0);
    const auto& added = layout_.tensors();
    parts_.push_back({tensor.offset, rows, columns, adapter.rank, adapter.scale, added[added.size() - 2].offset, added.back().offset,
                      scope.trainable.count(tensor) == tensor.size});
  }
  factors_ = FloatBuffer(layout_.extent());
  gradients_ = FloatBuffer(layout_.extent());
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    std::copy(scope.adapters[i].a.begin(), scope.adapters[i].a.end(), factors_.data() + parts_[i].a);
  }
}

// d/dB = scale * G A^T, each thread some rows; d/dA = scale * B^T G, each thread some columns.
void Adapters::backward(float* grads, Team& team) {
  for (const Part& p : parts_) {
    for (int64_t i = p.offset; !p.whole && i < p.offset + p.rows * p.columns; ++i) {
      grads[i] = scope_.trainable.get(i) ? grads[i] : 0.0F;
    }
  }
  team.run([&](int thread) {
    pin_blas_threads();
    for (const Part& p : parts_) {
      const float* g = grads + p.offset;
      const float* a = factors_.data() + p.a;
      const float* b = factors_.data() + p.b;
      const Share rows = share_of(p.rows, thread, team.size());
      float* db = gradients_.data() + p.b + rows.begin * p.rank;
      if (rows.begin < rows.end) {
        gemm_nt(rows.end - rows.begin, p.rank, p.columns, g + rows.begin * p.columns, p.columns, a, p.columns, db, p.rank);
        std::for_each(db, db + (rows.end - rows.begin) * p.rank, [&](float& value) { value *= p.scale; });
      }
      const Share columns = share_of(p.columns, thread, team.size());
      float* da = gradients_.data() + p.a + columns.begin;
      if (columns.begin < columns.end) {
        gemm_tn(p.rank, columns.end - columns.begin, p.rows, b, p.rank, g + columns.begin, p.columns, da, p.columns);
        for (int64_t k = 0; k < p.rank; ++k) {
          std::for_each(da + k * p.columns, da + k * p.columns + (columns.end - columns.begin), [&](float& value) { value *= p.scale; });
        }
      }
    }
  });
}

void Adapters::multiply(float* change, Team& team) const { by_rows(change, nullptr, team); }

void Adapters::compose(float* params, Team& team) const { by_rows(params, start_, team); }

// Upon what was there before, unless that is null.
void Adapters::by_rows(float* out, const float* start, Team& team) const {
  team.run([&](int thread) {
    pin_blas_threads();
    for (const Part& p : parts_) {
      const Share rows = share_of(p.rows, thread, team.size());
      if (rows.begin == rows.end) {
        continue;
      }
      const int64_t first = p.offset + rows.begin * p.columns;
      const int64_t last = p.offset + rows.end * p.columns;
      gemm_nn(rows.end - rows.begin, p.columns, p.rank, factors_.data() + p.b + rows.begin * p.rank, p.rank, factors_.data() + p.a, p.columns,
              out + first, p.columns);
      for (int64_t i = first; i < last; ++i) {
        out[i] = start == nullptr ? p.scale * out[i] : start[i] + p.scale * out[i];
      }
    }
  });
}

}  // namespace pacnet
