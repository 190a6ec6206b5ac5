// The public API of pacnet.h on the core's parts: checks arguments, owns the parameters, turns errors into one type.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
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
  // By features, not by "x86-64-v3": GCC 11 and clang before 17 do not know the levels here.
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    return "AVX512";
  }
  if (__builtin_cpu_supports("avx2")) {
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

// `given` elements of a buffer that must have `expected`.
void require_count(const char* what, int64_t given, int64_t expected) {
  require(given == expected, std::string(what) + " has " + std::to_string(given) + " elements where " +
                                 std::to_string(expected) + " are needed");
}

// rows * width, which require_count() then compares: too large for an int64_t is too large for any buffer.
int64_t product(int64_t rows, int64_t width) {
  require(rows >= 0 && rows <= std::numeric_limits<int64_t>::max() / width,
          std::to_string(rows) + " is no number of rows");
  return rows * width;
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
  guarded([&] {
    Random random(seed, Stream::kInitialize);
    for (int64_t l = 0; l < impl_->mlp.layers(); ++l) {
      impl_->draw_layer(l, random);
    }
  });
}

void Network::initialize_head(uint64_t seed) {
  guarded([&] {
    Random random(seed, Stream::kInitializeHead);
    impl_->draw_layer(impl_->mlp.layers() - 1, random);
  });
}

void Network::get_parameters(float* out, int64_t count) const {
  guarded([&] {
    require_count("the buffer of parameters", count, parameter_count());
    for (const Tensor& t : impl_->mlp.layout().tensors()) {
      out = std::copy_n(impl_->params.data() + t.offset, t.size, out);
    }
  });
}

void Network::set_parameters(const float* in, int64_t count) {
  guarded([&] {
    require_count("the buffer of parameters", count, parameter_count());
    for (const Tensor& t : impl_->mlp.layout().tensors()) {
      std::copy_n(in, t.size, impl_->params.data() + t.offset);
      in += t.size;
    }
  });
}

int64_t Network::prune(double ratio, int rule, const bool* prunable, int64_t count) {
  return guarded([&] {
    require(ratio > 0 && ratio < 1, "the pruning ratio must be between 0 and 1, both excluded, not " +
                                        std::to_string(ratio));
    require(rule >= kPruneGlobal && rule <= kPrunePlain, "unknown pruning rule " + std::to_string(rule));
    require_count("the list of flags", count, tensor_count());
    std::vector<Tensor> chosen;
    for (int64_t t = 0; t < count; ++t) {
      if (prunable[t]) {
        require(impl_->tensor(t).prunable(), impl_->tensor(t).name + " is no matrix and is never pruned");
        chosen.push_back(impl_->tensor(t));
      }
    }
    require(!chosen.empty(), "every weight is excluded from pruning");
    BitMask mask(impl_->mlp.layout());
    for (const Tensor& t : impl_->mlp.layout().tensors()) {
      mask.fill(t, true);
    }
    const int64_t kept = select_by_rule(impl_->params.data(), chosen, ratio, static_cast<PruningRule>(rule), mask);
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

void Network::get_mask(int64_t tensor, uint8_t* out, int64_t bytes) const {
  guarded([&] {
    const Tensor& t = impl_->tensor(tensor);
    require_count("the mask", bytes, (t.size + 7) / 8);
    std::memcpy(out, impl_->kept.words() + t.offset / kWordBits, static_cast<std::size_t>(bytes));
  });
}

void Network::set_mask(int64_t tensor, const uint8_t* in, int64_t bytes) {
  guarded([&] {
    const Tensor& t = impl_->tensor(tensor);
    require_count("the mask", bytes, (t.size + 7) / 8);
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

FitResult Network::fit(const FitOptions& options, const float* x, int64_t x_count, const float* y, int64_t y_count,
                       int64_t rows, FitListener* listener) {
  return guarded([&] {
    require_count("x", x_count, product(rows, impl_->mlp.inputs()));
    require_count("y", y_count, product(rows, options.loss == kCrossEntropy ? 1 : impl_->mlp.outputs()));
    return pacnet::fit(impl_->mlp, impl_->kept, impl_->params.data(), options, x, y, rows, listener);
  });
}

void Network::predict(const float* x, int64_t x_count, int64_t rows, float* out, int64_t out_count,
                      int threads) const {
  guarded([&] {
    require_count("x", x_count, product(rows, impl_->mlp.inputs()));
    require_count("out", out_count, product(rows, impl_->mlp.outputs()));
    pacnet::predict(impl_->mlp, impl_->params.data(), x, rows, out, threads);
  });
}

}  // namespace pacnet
