// The public API of pacnet.h on the core's parts: checks arguments, owns the parameters, turns errors into one type.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <torch/version.h>

#include "core/blas.h"
#include "core/error.h"
#include "core/random.h"
#include "core/simd.h"
#include "cuda/select.h"
#include "cuda/status.h"
#include "nn/autograd_training.h"
#include "nn/describe.h"
#include "nn/fisher.h"
#include "nn/script_export.h"
#include "nn/script_net.h"
#include "pacnet/pacnet.h"
#include "prune/mask.h"
#include "prune/select.h"
#include "train/fit.h"
#include "train/many.h"
#include "train/rows.h"
#include "train/scope.h"

namespace pacnet {

int abi_version() noexcept { return kAbiVersion; }

const char* libtorch_version() noexcept { return TORCH_VERSION; }

const char* cpu_capability() {
  return guarded([] {
    thread_local std::string words;
    words = describe_isa();
    return words.c_str();
  });
}

bool gpu_usable() {
  return guarded([] { return cuda::status().usable; });
}

const char* gpu_status() {
  return guarded([] {
    thread_local std::string words;
    words = cuda::status().words;
    return words.c_str();
  });
}

namespace {

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

const Tensor& tensor_of(const Layout& layout, int64_t index) {
  require(index >= 0 && index < static_cast<int64_t>(layout.tensors().size()),
          "there is no tensor " + std::to_string(index));
  return layout.tensors()[static_cast<std::size_t>(index)];
}

LossSpec checked_loss(const FitOptions& options, const Net& net, const Scope& scope) {
  require(options.loss >= kMse && options.loss <= kCrossEntropy, "unknown loss");
  const Terms::Soft& soft = scope.terms.soft;
  require(soft.strength == 0 || options.loss == kCrossEntropy, "soft labels are for cross-entropy");
  return {static_cast<Loss>(options.loss), options.huber_delta, soft.first > 0 ? soft.first : net.outputs(), options.weighted};
}

// What is computed with as a float must be one.
bool is_float(double value) { return std::fabs(value) <= static_cast<double>(std::numeric_limits<float>::max()); }

void require_strength(double value) {
  require(is_float(value) && value >= 0, "a strength must be zero or positive, and a finite float");
}

// What would end in a broken promise, or inside of LibTorch.
void require_sound(const Scope& scope) {
  const std::vector<Tensor>& tensors = scope.layout.tensors();
  bool moves = false;
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    const bool some = scope.trainable.count(tensors[t]) > 0;
    moves |= some && !tensors[t].is(kRoleStatistics);
    // Mean and variance lie side by side.
    if (t > 0 && tensors[t].is(kRoleStatistics) && tensors[t - 1].is(kRoleStatistics) &&
        tensors[t].name.ends_with(".running_var")) {
      require(some == (scope.trainable.count(tensors[t - 1]) > 0),
              tensors[t - 1].name + " and " + tensors[t].name + " move or stay together");
    }
  }
  require(moves, "nothing may move: there is nothing to train");
}

// The tensors one behind the other, without the arena's gaps.
void spread(const Layout& layout, const float* in, float* arena) {
  for (const Tensor& t : layout.tensors()) {
    std::copy_n(in, t.size, arena + t.offset);
    in += t.size;
  }
}

}  // namespace

int64_t parameter_count_of(const char* description) {
  return guarded([&] { return make_net(description)->layout().parameters(); });
}

struct ScriptModule::Impl {
  std::shared_ptr<const Script> script;
};

ScriptModule::ScriptModule(const uint8_t* archive, int64_t bytes)
    : impl_(guarded([&] {
        isa();  // before LibTorch chooses for itself
        require(bytes > 0, "the module can't be read: it is empty");
        return new Impl{std::make_shared<const Script>(archive, bytes)};
      })) {}

ScriptModule::~ScriptModule() { delete impl_; }

int64_t ScriptModule::parameter_count() const {
  const std::vector<ScriptTensor>& tensors = impl_->script->tensors();
  return std::accumulate(tensors.begin(), tensors.end(), int64_t{0}, [](int64_t sum, const ScriptTensor& tensor) {
    return sum + std::accumulate(tensor.dims.begin(), tensor.dims.end(), int64_t{1}, std::multiplies<>());
  });
}

bool ScriptModule::has_weights() const { return impl_->script->has_weights(); }

const char* ScriptModule::notes() const { return impl_->script->notes().c_str(); }

int64_t ScriptModule::code_size() const { return static_cast<int64_t>(impl_->script->code().size()); }

void ScriptModule::get_code(uint8_t* out, int64_t bytes) const {
  guarded([&] {
    require_count("the buffer of the code", bytes, code_size());
    std::memcpy(out, impl_->script->code().data(), impl_->script->code().size());
  });
}

struct Network::Impl {
  explicit Impl(const std::string& description, std::shared_ptr<const Script> script = nullptr)
      : net(make_net(description, std::move(script))), params(net->layout().extent()), kept(net->layout()) {
    for (const Tensor& tensor : net->layout().tensors()) {
      kept.fill(tensor, true);
    }
  }

  void require_own(const Scope& scope) const {
    require(scope.layout.extent() == layout().extent() && scope.layout.tensors().size() == layout().tensors().size(),
            "the scope is of another network");
    require_sound(scope);
  }

  FitResult fit(const FitOptions& options, const Scope& scope, const LossSpec& loss, Rows& rows,
                FitListener* listener) {
    require_own(scope);
    const bool pulled = std::any_of(scope.segments.begin(), scope.segments.end(), [](const Segment& s) { return s.l2 > 0; });
    // They would pull at the change and not at the weight.
    require(scope.gates.tensors.empty() || (!pulled && options.weight_decay == 0),
            "gates go with neither a pull nor weight decay");
    const bool policy = scope.gates.budget >= 0.0;
    require(scope.gates.tensors.empty() || policy || scope.adapters.empty(), "gates and adapters do not go together");
    for (const Scope::Adapter& adapter : scope.adapters) {
      const Tensor& t = layout().tensors()[adapter.tensor];
      require((policy || scope.trainable.count(t) == t.size) && scope.segments[adapter.tensor].l2 == 0,
              t.name + " has an adapter: all of it moves, and nothing pulls it");
      require(!policy || scope.gates.tensors[adapter.tensor], t.name + " has an adapter beside a policy, and is not the policy's");
    }
    const Terms& terms = scope.terms;
    require(scope.anchor.size() > 0 || !terms.needs_reference(),
            "features and soft labels without a table need an anchor");
    return pacnet::fit(*net, scope, params.data(), options, loss, rows, listener);
  }

  const Layout& layout() const noexcept { return net->layout(); }
  const Tensor& tensor(int64_t index) const { return tensor_of(layout(), index); }

  std::unique_ptr<Net> net;
  FloatBuffer params;
  BitMask kept;
};

struct FitScope::Impl : Scope {
  using Scope::Scope;
};

Network::Network(const char* description)
    : impl_(guarded([&] {
        isa();  // before LibTorch chooses for itself
        return new Impl(description);
      })) {}

Network::Network(const char* description, const ScriptModule& module)
    : impl_(guarded([&] { return new Impl(description, module.impl_->script); })) {}

Network::~Network() { delete impl_; }

int64_t Network::tensor_count() const { return static_cast<int64_t>(impl_->layout().tensors().size()); }

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

int Network::tensor_roles(int64_t tensor) const {
  return guarded([&] { return impl_->tensor(tensor).roles; });
}

int64_t Network::tensor_layer(int64_t tensor) const {
  return guarded([&] { return impl_->tensor(tensor).layer; });
}

int64_t Network::parameter_count() const { return impl_->layout().parameters(); }

int64_t Network::inputs() const { return impl_->net->inputs(); }

int64_t Network::outputs() const { return impl_->net->outputs(); }

void Network::initialize(uint64_t seed) {
  guarded([&] { impl_->net->initialize(impl_->params.data(), seed); });
}

void Network::initialize_head(uint64_t seed) {
  guarded([&] { impl_->net->initialize_head(impl_->params.data(), seed); });
}

void Network::take_weights(uint64_t seed) {
  guarded([&] {
    const auto* module = dynamic_cast<const ScriptNet*>(impl_->net.get());
    require(module != nullptr, "only a module brings weights of its own");
    module->take_weights(impl_->params.data(), seed);
  });
}

void Network::get_parameters(float* out, int64_t count) const {
  guarded([&] {
    require_count("the buffer of parameters", count, parameter_count());
    for (const Tensor& t : impl_->layout().tensors()) {
      out = std::copy_n(impl_->params.data() + t.offset, t.size, out);
    }
  });
}

void Network::set_parameters(const float* in, int64_t count) {
  guarded([&] {
    require_count("the buffer of parameters", count, parameter_count());
    spread(impl_->layout(), in, impl_->params.data());
  });
}

int64_t Network::feature_count() const {
  return guarded([&] {
    const std::vector<Tensor>& tensors = impl_->layout().tensors();
    const auto head = std::find_if(tensors.begin(), tensors.end(), [](const Tensor& t) { return t.is(kRoleHead) && t.is(kRolePrunable); });
    require(head != tensors.end(), "the network has no head");
    return head->size / head->dims.front();
  });
}

void Network::features(const float* x, int64_t x_count, int64_t rows, float* out, int64_t out_count, int threads) const {
  guarded([&] {
    const int64_t width = feature_count();
    require_count("x", x_count, product(rows, impl_->net->inputs()));
    require_count("out", out_count, product(rows, width));
    require(threads > 0, "the number of threads must be at least 1");
    const BlasTurn turn(threads);
    autograd_features(*impl_->net, impl_->params.data(), x, rows, width, out, threads);
  });
}

void Network::fisher(const float* x, int64_t x_count, int64_t rows, bool classes, float* out, int64_t out_count, int threads) const {
  guarded([&] {
    require(rows > 0, "there are no rows");
    require_count("x", x_count, product(rows, impl_->net->inputs()));
    require_count("out", out_count, parameter_count());
    require(threads > 0, "the number of threads must be at least 1");
    const BlasTurn turn(threads);
    FloatBuffer arena(impl_->layout().extent());
    fisher_diagonal(*impl_->net, impl_->params.data(), x, rows, classes, arena.data(), threads);
    for (const Tensor& t : impl_->layout().tensors()) {
      out = std::copy_n(arena.data() + t.offset, t.size, out);
    }
  });
}

void Network::save_script(const char* file, const float* shift, const float* scale, int64_t inputs, const float* unit, const float* offset,
                          int64_t outputs, const char* metadata) const {
  guarded([&] {
    const Net& net = *impl_->net;
    const std::vector<int64_t> row = net.row();
    require_count("the shift", inputs, row.front());
    require(outputs == 0 || outputs == net.outputs(), "a unit for each of the outputs, or none");
    const auto in = static_cast<std::size_t>(inputs);
    const auto out = static_cast<std::size_t>(outputs);
    pacnet::save_script(net, impl_->params.data(), {row, {shift, in}, {scale, in}, {unit, out}, {offset, out}}, metadata, file);
  });
}

int64_t Network::prune(double ratio, int rule, uint64_t seed, const bool* prunable, int64_t count,
                       int threads, int device) {
  return guarded([&] {
    require(ratio > 0 && ratio < 1, "the pruning ratio must be between 0 and 1, both excluded, not " +
                                        std::to_string(ratio));
    require(rule >= kPruneGlobal && rule <= kPruneRandom, "unknown pruning rule " + std::to_string(rule));
    require_count("the list of flags", count, tensor_count());
    require(threads > 0, "the number of threads must be at least 1");
    std::vector<Tensor> chosen;
    for (int64_t t = 0; t < count; ++t) {
      if (prunable[t]) {
        require(impl_->tensor(t).is(kRolePrunable), impl_->tensor(t).name + " is never pruned");
        chosen.push_back(impl_->tensor(t));
      }
    }
    require(!chosen.empty(), "every weight is excluded from pruning");
    BitMask mask(impl_->layout());
    for (const Tensor& t : impl_->layout().tensors()) {
      mask.fill(t, true);
    }
    FloatBuffer drawn;
    if (rule == kPruneRandom) {
      drawn = FloatBuffer(impl_->layout().extent());
      Random random(seed, Stream::kPrune);
      std::generate_n(drawn.data(), drawn.size(), [&] { return random.uniform(); });
      rule = kPrunePlain;
    }
    const float* magnitudes = drawn.size() > 0 ? drawn.data() : impl_->params.data();
    require(device == kCpu || device == kCuda, "unknown device");
    const Selector select =
        device == kCuda ? cuda::select_on_gpu(magnitudes, impl_->layout()) : select_on_cpu(magnitudes, threads);
    const int64_t kept = select_by_rule(select, chosen, ratio, static_cast<PruningRule>(rule), mask);
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

int64_t Network::kept_count(int64_t tensor) const {
  return guarded([&] { return impl_->kept.count(impl_->tensor(tensor)); });
}

FitResult Network::fit(const FitOptions& options, const FitScope& scope, const float* x, int64_t x_count,
                       const float* y, int64_t y_count, int64_t rows, FitListener* listener) {
  return guarded([&] {
    const LossSpec loss = checked_loss(options, *impl_->net, *scope.impl_);
    require_count("x", x_count, product(rows, impl_->net->inputs()));
    require_count("y", y_count, product(rows, label_width(loss, *impl_->net)));
    return impl_->fit(options, *scope.impl_, loss, *rows_in_memory(x, y, rows, *impl_->net, loss), listener);
  });
}

FitResult Network::fit(const FitOptions& options, const FitScope& scope, BatchSource* source, int64_t rows,
                       FitListener* listener) {
  return guarded([&] {
    require(source != nullptr, "there is no source of rows");
    const LossSpec loss = checked_loss(options, *impl_->net, *scope.impl_);
    return impl_->fit(options, *scope.impl_, loss, *rows_pulled(*source, rows, *impl_->net, loss), listener);
  });
}

FitResult Network::fit_many(const FitOptions& options, const FitScope& scope, const float* x, int64_t x_count, const float* y,
                            int64_t y_count, const int64_t* row_counts, int64_t targets, float* params, int64_t param_count,
                            double* losses, int64_t loss_count, int64_t* diverged, int64_t diverged_count,
                            FitListener* listener) const {
  return guarded([&] {
    const Net& net = *impl_->net;
    const LossSpec loss = checked_loss(options, net, *scope.impl_);
    impl_->require_own(*scope.impl_);
    require(targets > 0, "there are no targets");
    require(options.epochs > 0, "the number of epochs must be at least 1, not " + std::to_string(options.epochs));
    int64_t rows = 0;
    for (int64_t t = 0; t < targets; ++t) {
      require(row_counts[t] > 0, "target " + std::to_string(t) + " has no rows");
      rows += row_counts[t];
    }
    require_count("x", x_count, product(rows, net.inputs()));
    require_count("y", y_count, product(rows, label_width(loss, net)));
    require_count("the buffer of parameters", param_count, product(targets, parameter_count()));
    require_count("the buffer of losses", loss_count, product(targets, options.epochs));
    require_count("the list of what diverged", diverged_count, targets);
    rows_in_memory(x, y, rows, net, loss);  // labels are looked at there
    return pacnet::fit_many(net, *scope.impl_, impl_->params.data(), options, loss, x, y,
                            {row_counts, static_cast<std::size_t>(targets)}, params, losses, diverged, listener);
  });
}

void Network::predict(const float* x, int64_t x_count, int64_t rows, float* out, int64_t out_count,
                      int threads) const {
  guarded([&] {
    require_count("x", x_count, product(rows, impl_->net->inputs()));
    require_count("out", out_count, product(rows, impl_->net->outputs()));
    require(threads > 0, "the number of threads must be at least 1");
    const BlasTurn turn(threads);
    impl_->net->predict(impl_->params.data(), x, rows, out, threads);
  });
}

FitScope::FitScope(const Network& network) : impl_(guarded([&] { return new Impl(network.impl_->layout()); })) {}

FitScope::~FitScope() { delete impl_; }

void FitScope::set_trainable(int64_t tensor, const uint8_t* bits, int64_t bytes) {
  guarded([&] {
    const Tensor& t = tensor_of(impl_->layout, tensor);
    require_count("the list of bits", bytes, (t.size + 7) / 8);
    require(t.size % 8 == 0 || (bits[bytes - 1] >> (t.size % 8)) == 0, t.name + ": unused bits are set");
    impl_->trainable.fill(t, false);
    std::memcpy(&impl_->trainable.word(t.offset / kWordBits), bits, static_cast<std::size_t>(bytes));
    const int64_t moving = impl_->trainable.count(t);
    require(!t.is(kRoleStatistics) || moving == 0 || moving == t.size,
            t.name + ": statistics move or stay as a whole");
  });
}

void FitScope::set_pull(int64_t tensor, double l2) {
  guarded([&] {
    tensor_of(impl_->layout, tensor);
    require(is_float(l2) && is_float(2.0 * l2) && l2 >= 0, "lambda must be zero or positive, and a finite float");
    impl_->segments[static_cast<std::size_t>(tensor)].l2 = static_cast<float>(l2);
  });
}

void FitScope::set_anchor(const float* values, int64_t count) {
  guarded([&] {
    require_count("the anchor", count, impl_->layout.parameters());
    impl_->anchor = FloatBuffer(impl_->layout.extent());
    spread(impl_->layout, values, impl_->anchor.data());
    impl_->terms.reference = impl_->anchor.data();
  });
}

void FitScope::set_precision(const float* values, int64_t count) {
  guarded([&] {
    require_count("the precision", count, impl_->layout.parameters());
    require(std::all_of(values, values + count, [](float h) { return std::isfinite(h) && h >= 0; }),
            "a precision must be zero or positive, and finite");
    impl_->precision = FloatBuffer(impl_->layout.extent());
    spread(impl_->layout, values, impl_->precision.data());
  });
}

void FitScope::add_low_rank(const float* values, int64_t count) {
  guarded([&] {
    require_count("the column", count, impl_->layout.parameters());
    impl_->low_rank.emplace_back(impl_->layout.extent());
    spread(impl_->layout, values, impl_->low_rank.back().data());
  });
}

void FitScope::set_feature_pull(int64_t layer, const float* weights, int64_t channels) {
  guarded([&] {
    const int64_t hidden = impl_->layout.layers() - 1;
    require(layer >= 0 && layer < hidden, "there is no layer " + std::to_string(layer) + " before the head");
    // What a layer gives is as wide as its last matrix or kernel.
    int64_t width = 0;
    for (const Tensor& tensor : impl_->layout.tensors()) {
      if (tensor.layer == layer && tensor.is(kRolePrunable)) {
        width = tensor.dims.front();
      }
    }
    require_count("the list of channel weights", channels, width);
    impl_->terms.features.resize(static_cast<std::size_t>(hidden));
    impl_->terms.features[static_cast<std::size_t>(layer)].assign(weights, weights + channels);
  });
}

void FitScope::set_spectral_penalty(double strength, int64_t count) {
  guarded([&] {
    require_strength(strength);
    require(count > 0, "at least one singular value");
    impl_->terms.spectral = strength;
    impl_->terms.spectral_count = count;
  });
}

void FitScope::set_soft_labels(int64_t first, double temperature, double strength, const float* table,
                               int64_t count) {
  guarded([&] {
    require_strength(strength);
    require(is_float(temperature) && temperature > 0, "the temperature must be positive");
    const int64_t outputs = impl_->layout.tensors().back().dims.front();
    require(first >= 0 && first < outputs, "there is no output " + std::to_string(first));
    Terms::Soft soft{strength, temperature, first, outputs - first, {}};
    if (table != nullptr) {
      require_count("the table", count, product(first > 0 ? first : outputs, soft.count));
      soft.table.assign(table, table + count);
    }
    impl_->terms.soft = std::move(soft);
  });
}

void FitScope::set_stochastic_normalisation(double chance) {
  guarded([&] {
    require(chance >= 0 && chance <= 1, "a chance must be between 0 and 1");
    impl_->terms.stochastic_normalisation = chance;
  });
}

void FitScope::set_gates(const bool* gated, int64_t count, double threshold, double start, double strength, int64_t free_epochs) {
  guarded([&] {
    require_count("the list of flags", count, static_cast<int64_t>(impl_->layout.tensors().size()));
    require(is_float(threshold) && is_float(start), "threshold and start must be finite floats");
    require_strength(strength);
    require(free_epochs >= 0, "the number of epochs without a pull must not be negative");
    impl_->gates = {threshold, start, strength, free_epochs, std::vector<bool>(gated, gated + count)};
  });
}

void FitScope::set_policy(const bool* gated, int64_t count, double budget, double strength, double temperature, bool drawn) {
  guarded([&] {
    require_count("the list of flags", count, static_cast<int64_t>(impl_->layout.tensors().size()));
    require(budget > 0 && budget <= 1, "a budget is a share of the parameters, above 0 and at most 1");
    require(is_float(temperature) && temperature > 0, "the temperature must be positive and a finite float");
    require_strength(strength);
    impl_->gates = {0.0, 0.0, strength, 0, std::vector<bool>(gated, gated + count), budget, temperature, drawn};
  });
}

void FitScope::set_adapter(int64_t tensor, int64_t rank, double scale, const float* a, int64_t count) {
  guarded([&] {
    const Tensor& t = tensor_of(impl_->layout, tensor);
    require(t.is(kRolePrunable), t.name + " is neither a matrix nor a kernel, which adapters are for");
    const int64_t columns = t.size / t.dims.front();
    require(rank > 0 && rank <= std::min(columns, t.dims.front()),
            "an adapter of " + t.name + " has a rank between 1 and " + std::to_string(std::min(columns, t.dims.front())));
    require(is_float(scale), "the scale of an adapter must be a finite float");
    require_count("the factor of an adapter", count, rank * columns);
    impl_->adapters.push_back({static_cast<std::size_t>(tensor), rank, static_cast<float>(scale), {a, a + count}});
  });
}

void FitScope::require_frozen_zero() { impl_->frozen_zero = true; }

}  // namespace pacnet
