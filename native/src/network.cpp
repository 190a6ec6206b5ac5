// The public API of pacnet.h on the core's parts: checks arguments, owns the parameters, turns errors into one type.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <torch/version.h>

#include "core/error.h"
#include "core/random.h"
#include "nn/mlp.h"
#include "pacnet/pacnet.h"
#include "prune/mask.h"
#include "prune/select.h"
#include "train/fit.h"

namespace pacnet {

int abi_version() noexcept { return kAbiVersion; }

const char* libtorch_version() noexcept { return TORCH_VERSION; }

const char* cpu_capability() noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("x86-64-v4")) {
    return "AVX512";
  }
  if (__builtin_cpu_supports("x86-64-v3")) {
    return "AVX2";
  }
#endif
  return "DEFAULT";
}

namespace {

// Single products and buffers stay far below what int and size_t hold.
constexpr int64_t kLargestWidth = 1 << 20;

std::vector<int64_t> checked_sizes(const int64_t* sizes, int64_t count) {
  require(count >= 2, "a network needs an input and an output width");
  for (int64_t i = 0; i < count; ++i) {
    require(sizes[i] > 0 && sizes[i] <= kLargestWidth, "layer width " + std::to_string(sizes[i]) +
                                                           " is not between 1 and " + std::to_string(kLargestWidth));
  }
  return {sizes, sizes + count};
}

Activation checked_activation(int activation) {
  require(activation >= kRelu && activation <= kSilu, "unknown activation " + std::to_string(activation));
  return static_cast<Activation>(activation);
}

double checked_dropout(double dropout) {
  require(dropout >= 0 && dropout < 1, "dropout must be in [0, 1), not " + std::to_string(dropout));
  return dropout;
}

}  // namespace

struct Network::Impl {
  Impl(const int64_t* sizes, int64_t count, int activation, double dropout)
      : mlp(checked_sizes(sizes, count), checked_activation(activation), checked_dropout(dropout)),
        params(mlp.layout().extent()),
        kept(mlp.layout()) {
    for (const Tensor& tensor : mlp.layout().tensors()) {
      kept.fill(tensor, true);
    }
  }

  const Tensor& tensor(int64_t index) const {
    require(index >= 0 && index < static_cast<int64_t>(mlp.layout().tensors().size()),
            "there is no tensor " + std::to_string(index));
    return mlp.layout().tensors()[static_cast<std::size_t>(index)];
  }

  void draw_layer(int64_t layer, Random& random) {
    const float bound = 1.0F / std::sqrt(static_cast<float>(mlp.width(layer)));
    for (const Tensor* t : {&mlp.weight(layer), &mlp.bias(layer)}) {
      for (int64_t i = 0; i < t->size; ++i) {
        params.data()[t->offset + i] = (2.0F * random.uniform() - 1.0F) * bound;
      }
    }
  }

  Mlp mlp;
  FloatBuffer params;
  BitMask kept;
};

Network::Network(const int64_t* sizes, int64_t count, int activation, double dropout)
    : impl_(guarded([&] { return new Impl(sizes, count, activation, dropout); })) {}

Network::~Network() { delete impl_; }

int64_t Network::tensor_count() const { return static_cast<int64_t>(impl_->mlp.layout().tensors().size()); }

const char* Network::tensor_name(int64_t tensor) const {
  return guarded([&] { return impl_->tensor(tensor).name.c_str(); });
}

int64_t Network::tensor_rank(int64_t tensor) const {
  return guarded([&] { return static_cast<int64_t>(impl_->tensor(tensor).dims.size()); });
}

int64_t Network::tensor_dim(int64_t tensor, int64_t dim) const {
  return guarded([&] {
    const std::vector<int64_t>& dims = impl_->tensor(tensor).dims;
    require(dim >= 0 && dim < static_cast<int64_t>(dims.size()), "there is no dimension " + std::to_string(dim));
    return dims[static_cast<std::size_t>(dim)];
  });
}

int64_t Network::parameter_count() const { return impl_->mlp.layout().parameters(); }

void Network::initialize(uint64_t seed) {
  Random random(seed, Stream::kInitialize);
  for (int64_t l = 0; l < impl_->mlp.layers(); ++l) {
    impl_->draw_layer(l, random);
  }
}

void Network::initialize_head(uint64_t seed) {
  Random random(seed, Stream::kInitializeHead);
  impl_->draw_layer(impl_->mlp.layers() - 1, random);
}

void Network::get_parameters(float* out) const {
  for (const Tensor& t : impl_->mlp.layout().tensors()) {
    out = std::copy_n(impl_->params.data() + t.offset, t.size, out);
  }
}

void Network::set_parameters(const float* in) {
  for (const Tensor& t : impl_->mlp.layout().tensors()) {
    std::copy_n(in, t.size, impl_->params.data() + t.offset);
    in += t.size;
  }
}

int64_t Network::prune(double ratio, bool per_layer, const bool* prunable) {
  return guarded([&] {
    require(ratio > 0 && ratio < 1, "the pruning ratio must be between 0 and 1, both excluded, not " +
                                        std::to_string(ratio));
    std::vector<Tensor> chosen;
    int64_t size = 0;
    for (int64_t t = 0; t < tensor_count(); ++t) {
      if (prunable[t]) {
        require(impl_->tensor(t).prunable(), impl_->tensor(t).name + " is no matrix and is never pruned");
        chosen.push_back(impl_->tensor(t));
        size += chosen.back().size;
      }
    }
    require(!chosen.empty(), "every weight is excluded from pruning");
    BitMask mask(impl_->mlp.layout());
    for (const Tensor& t : impl_->mlp.layout().tensors()) {
      mask.fill(t, true);
    }
    int64_t kept = 0;
    if (per_layer) {
      for (const Tensor& t : chosen) {
        const int64_t keep = keep_count(t.size, ratio);
        select_largest(impl_->params.data(), {&t, 1}, keep, mask);
        kept += keep;
      }
    } else {
      kept = keep_count(size, ratio);
      select_largest(impl_->params.data(), chosen, kept, mask);
    }
    impl_->kept = mask;
    for (const Tensor& t : chosen) {
      for (int64_t i = t.offset; i < t.offset + t.size; ++i) {
        if (!mask.get(i)) {
          impl_->params.data()[i] = 0.0F;
        }
      }
    }
    return kept;
  });
}

void Network::get_mask(int64_t tensor, uint8_t* out) const {
  guarded([&] {
    const Tensor& t = impl_->tensor(tensor);
    std::memcpy(out, impl_->kept.words() + t.offset / kWordBits, static_cast<std::size_t>((t.size + 7) / 8));
  });
}

void Network::set_mask(int64_t tensor, const uint8_t* in) {
  guarded([&] {
    const Tensor& t = impl_->tensor(tensor);
    const int64_t bytes = (t.size + 7) / 8;
    require(t.size % 8 == 0 || (in[bytes - 1] >> (t.size % 8)) == 0, t.name + ": unused mask bits are set");
    if (!t.prunable()) {
      for (int64_t i = 0; i < t.size; ++i) {
        require(((in[i / 8] >> (i % 8)) & 1) != 0, t.name + " is no matrix and is never pruned");
      }
    }
    impl_->kept.fill(t, false);
    std::memcpy(&impl_->kept.word(t.offset / kWordBits), in, static_cast<std::size_t>(bytes));
  });
}

int64_t Network::kept_count(int64_t tensor) const {
  return guarded([&] { return impl_->kept.count(impl_->tensor(tensor)); });
}

FitResult Network::fit(const FitOptions& options, const float* x, const float* y, int64_t rows, FitListener* listener,
                       double* train_losses, double* validation_losses) {
  return guarded([&] {
    return pacnet::fit(impl_->mlp, impl_->kept, impl_->params.data(), options, x, y, rows, listener, train_losses,
                       validation_losses);
  });
}

void Network::predict(const float* x, int64_t rows, float* out, int threads) const {
  guarded([&] { pacnet::predict(impl_->mlp, impl_->params.data(), x, rows, out, threads); });
}

}  // namespace pacnet
