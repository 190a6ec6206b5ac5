#include "nn/script_net.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/blas.h"
#include "core/error.h"
#include "core/random.h"
#include "nn/autograd_training.h"
#include "nn/tensor_form.h"

namespace pacnet {

namespace {

// Of one piece of a prediction: the activations of more images would not stay in any cache.
constexpr int64_t kImagesAtOnce = 32;
constexpr int64_t kRowsAtOnce = 1024;
// oneDNN's way to the gradient of a strided 1x1 kernel writes past its workspace where channels come last and are fewer than one of its
// blocks (uxlfoundation/oneDNN issue 6035): 64 is more than any of them.
constexpr int64_t kSafeChannels = 64;

std::string words_of(const std::vector<int64_t>& dims) {
  std::string words;
  for (const int64_t d : dims) {
    words.append(words.empty() ? "" : "x").append(std::to_string(d));
  }
  return words;
}

// The tensors of the output layer.
std::vector<std::size_t> head_of(const std::vector<ScriptTensor>& tensors, const std::string& name, int64_t outputs) {
  std::vector<std::size_t> head;
  if (!name.empty()) {
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      if (tensors[t].name.starts_with(name + ".")) {
        head.push_back(t);
      }
    }
    const auto weights = std::count_if(head.begin(), head.end(), [&](std::size_t t) { return tensors[t].roles == kRolePrunable; });
    if (weights != 1 || head.size() > 2) {
      std::string layers;
      for (std::size_t t = tensors.size(); t-- > 0;) {
        if (tensors[t].roles == kRolePrunable && tensors[t].name.ends_with(".weight") && std::count(layers.begin(), layers.end(), ',') < 5) {
          layers.append(layers.empty() ? "" : ", ").append(tensors[t].name, 0, tensors[t].name.size() - 7);
        }
      }
      throw Error(kErrorInvalidArgument, "'" + name + "' is no layer with a matrix; the module's last are " + layers);
    }
    return head;
  }
  const auto last = std::find_if(tensors.rbegin(), tensors.rend(), [](const ScriptTensor& t) { return t.roles == kRolePrunable; });
  if (last != tensors.rend() && last->dims.front() == outputs && last->name.find('.') != std::string::npos) {
    return head_of(tensors, last->name.substr(0, last->name.rfind('.')), outputs);
  }
  throw Error(kErrorInvalidArgument, "which of the module's layers is the output layer can't be told, as its last matrix does not give " +
                                         std::to_string(outputs) + " outputs: name it as the head, such as fc or classifier.1");
}

void draw(const Tensor& tensor, float* params, Random& random, int64_t fan_in) {
  const float bound = 1.0F / std::sqrt(static_cast<float>(fan_in));
  std::generate_n(params + tensor.offset, tensor.size, [&] { return (2.0F * random.uniform() - 1.0F) * bound; });
}

int64_t fan_in(const Tensor& weight) { return weight.size / weight.dims.front(); }

}  // namespace

ScriptNet::ScriptNet(std::shared_ptr<const Script> script, std::vector<int64_t> row, int64_t outputs, const std::string& head)
    : script_(std::move(script)),
      row_(std::move(row)),
      inputs_(std::accumulate(row_.begin(), row_.end(), int64_t{1}, std::multiplies<>())),
      outputs_(outputs),
      channels_last_(row_.size() == 3),
      place_(script_->tensors().size()) {
  const std::vector<ScriptTensor>& tensors = script_->tensors();
  const std::vector<std::size_t> last = head_of(tensors, head, outputs);
  std::map<int64_t, int64_t> layers;  // by submodule
  const auto add = [&](std::size_t t, bool is_head) {
    const ScriptTensor& tensor = tensors[t];
    std::vector<int64_t> dims = tensor.dims;
    if (is_head) {
      dims.front() = outputs;
    }
    const auto layer = layers.emplace(tensor.owner, static_cast<int64_t>(layers.size())).first->second;
    place_[t] = layout_.tensors().size();
    layout_.add(tensor.name, std::move(dims), tensor.roles + (is_head ? kRoleHead : 0), layer);
  };
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    const std::vector<int64_t>& dims = tensors[t].dims;
    channels_last_ &= dims.size() != 4 || dims[2] * dims[3] > 1 || dims[1] >= kSafeChannels;
    if (std::find(last.begin(), last.end(), t) == last.end()) {
      add(t, false);
    }
  }
  for (const std::size_t t : last) {
    add(t, true);
  }
  check_outputs();
}

// Asked once of each shape.
void ScriptNet::check_outputs() const {
  const std::string question = words_of(row_) + ">" + std::to_string(outputs_) + "@" + layout_.tensors().back().name;
  if (script_->known(question)) {
    return;
  }
  const at::NoGradGuard no_gradients;
  std::vector<at::Tensor> values;
  for (const std::size_t place : place_) {
    values.push_back(at::zeros({}).expand(layout_.tensors()[place].dims));
  }
  const std::vector<bool> moving(values.size(), false);
  for (const int64_t rows : {3, 1}) {
    pass(values, moving, false, 0, at::zeros({rows, inputs_}));
  }
  script_->know(question);
}

at::Tensor ScriptNet::pass(const std::vector<at::Tensor>& values, const std::vector<bool>& moving, bool training, uint64_t seed,
                           const at::Tensor& x) const {
  const int64_t rows = x.size(0);
  std::vector<int64_t> shape{rows};
  shape.insert(shape.end(), row_.begin(), row_.end());
  at::Tensor in = x.view(shape);
  if (channels_last_) {
    in = in.contiguous(at::MemoryFormat::ChannelsLast);
  }
  const at::Tensor out = script_->run({values, moving, training, seed}, in);
  const bool one = outputs_ == 1 && out.dim() == 1 && out.size(0) == rows;
  require(one || (out.dim() == 2 && out.size(0) == rows && out.size(1) == outputs_),
          "of " + std::to_string(rows) + " rows of " + words_of(row_) + " the module gives " + words_of(out.sizes().vec()) +
              " numbers where " + std::to_string(rows) + "x" + std::to_string(outputs_) + " are needed" +
              (out.dim() == 2 && out.size(0) == rows ? ": name the layer that gives them as the head" : ""));
  return out.view({rows, outputs_});
}

void ScriptNet::initialize(float* params, uint64_t seed) const {
  Random random(seed, Stream::kInitialize);
  for (const Tensor& tensor : layout_.tensors()) {
    if (tensor.is(kRolePrunable) && !tensor.is(kRoleHead)) {
      draw(tensor, params, random, fan_in(tensor));
    } else {
      const bool one = (tensor.is(kRoleNormalisation) && tensor.name.ends_with("weight")) || tensor.name.ends_with("running_var");
      std::fill_n(params + tensor.offset, tensor.size, one ? 1.0F : 0.0F);
    }
  }
  initialize_head(params, seed);
}

void ScriptNet::initialize_head(float* params, uint64_t seed) const {
  Random random(seed, Stream::kInitializeHead);
  const std::vector<Tensor>& tensors = layout_.tensors();
  const auto weight = std::find_if(tensors.begin(), tensors.end(), [](const Tensor& t) { return t.is(kRoleHead) && t.is(kRolePrunable); });
  for (const Tensor& tensor : tensors) {
    if (tensor.is(kRoleHead)) {
      draw(tensor, params, random, fan_in(*weight));
    }
  }
}

void ScriptNet::take_weights(float* params, uint64_t seed) const {
  require(script_->has_weights(), "the module came without its weights, as models keep it: name the file that has them");
  bool other = false;
  for (std::size_t t = 0; t < place_.size(); ++t) {
    const Tensor& tensor = layout_.tensors()[place_[t]];
    const at::Tensor& value = script_->tensors()[t].value;
    if (value.sizes() == at::IntArrayRef(tensor.dims)) {
      std::copy_n(value.const_data_ptr<float>(), tensor.size, params + tensor.offset);
    } else {
      other = true;
    }
  }
  if (other) {
    initialize_head(params, seed);
  }
}

torch::jit::Module ScriptNet::module(const float* params) const {
  std::vector<at::Tensor> values;
  for (const std::size_t place : place_) {
    const Tensor& tensor = layout_.tensors()[place];
    values.push_back(tensor_at(params + tensor.offset, tensor.dims, at::kCPU).clone().set_requires_grad(!tensor.is(kRoleStatistics)));
  }
  return script_->with(values);
}

int ScriptNet::useful_threads(int offered, int64_t /*batch*/) const { return std::min(offered, blas_callers()); }

std::unique_ptr<TrainingPass> ScriptNet::training(const TrainingSetup& setup) const {
  const bool features = std::any_of(setup.terms.features.begin(), setup.terms.features.end(), [](const auto& f) { return !f.empty(); });
  require(!features && setup.terms.spectral == 0 && setup.terms.stochastic_normalisation == 0,
          "what a module's layers say, and how they normalise, can't be got at: take another method");
  return autograd_training(*this, setup);
}

void ScriptNet::predict(const float* params, const float* x, int64_t rows, float* out, int threads) const {
  autograd_predict(*this, params, x, rows, row_.size() == 3 ? kImagesAtOnce : kRowsAtOnce, out, threads);
}

at::Tensor ScriptNet::run(const FormTensors& tensors, const at::Tensor& x) const {
  require(x.is_cpu(), "a module of one's own runs on the CPU");
  std::vector<at::Tensor> values;
  std::vector<bool> moving;
  for (const std::size_t place : place_) {
    values.push_back(tensors.views[place]);
    moving.push_back(tensors.moving[place]);
  }
  const bool draws = tensors.training && tensors.random != nullptr;
  const uint64_t seed = draws ? (uint64_t{tensors.random->next()} << 32) + tensors.random->next() : 0;
  return pass(values, moving, tensors.training, seed, x);
}

}  // namespace pacnet
