#include "nn/fisher.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/log_softmax.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/arena.h"
#include "core/blas.h"
#include "core/omp.h"
#include "nn/tensor_form.h"

namespace pacnet {

void fisher_diagonal(const Net& net, const float* params, const float* x, int64_t rows, bool classes, float* out, int threads) {
  const OmpThreads used(net.useful_threads(threads, 1));
  pin_blas_threads();
  const Layout& layout = net.layout();
  FormTensors tensors = views_of(layout, const_cast<float*>(params), at::kCPU);  // NOLINT: only read
  FloatBuffer grads(layout.extent());
  const at::Tensor all = tensor_at(grads.data(), {layout.extent()}, at::kCPU);
  for (std::size_t t = 0; t < tensors.views.size(); ++t) {
    const Tensor& tensor = layout.tensors()[t];
    if (!tensor.is(kRoleStatistics)) {
      tensors.views[t].set_requires_grad(true);
      tensors.views[t].mutable_grad() = tensor_at(grads.data() + tensor.offset, tensor.dims, at::kCPU);
    }
  }
  std::vector<double> sums(static_cast<std::size_t>(layout.extent()), 0.0);
  for (int64_t row = 0; row < rows; ++row) {
    const at::Tensor said = net.run(tensors, tensor_at(x + row * net.inputs(), {1, net.inputs()}, at::kCPU));
    const at::Tensor of = classes ? at::log_softmax(said, 1) : said;
    const at::Tensor values = of.detach();
    for (int64_t o = 0; o < net.outputs(); ++o) {
      all.zero_();
      of.select(1, o).sum().backward({}, true);
      const double weight = (classes ? std::exp(static_cast<double>(values.data_ptr<float>()[o])) : 1.0) / static_cast<double>(rows);
      for (int64_t i = 0; i < layout.extent(); ++i) {
        const auto g = static_cast<double>(grads.data()[i]);
        sums[static_cast<std::size_t>(i)] += weight * g * g;
      }
    }
  }
  std::transform(sums.begin(), sums.end(), out, [](double sum) { return static_cast<float>(sum); });
}

}  // namespace pacnet
