#include "nn/script.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <caffe2/serialize/in_memory_adapter.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <sstream>
#include <tuple>

#include "core/error.h"
#include "nn/script_check.h"
#include "pacnet/pacnet.h"

namespace pacnet {

struct ScriptSlot {
  c10::intrusive_ptr<c10::ivalue::Object> object;
  std::size_t index;
  const c10::IValue& get() const { return object->getSlot(index); }
  void set(c10::IValue value) const { object->setSlot(index, std::move(value)); }
};

/// Where a copy of a module has its tensors.
struct ScriptPlaces {
  struct Place {
    std::string name;
    std::string attribute;
    ScriptSlot slot;
    bool parameter;
    int64_t owner;
  };
  struct Flag {
    ScriptSlot slot;
    int64_t owner;
  };
  std::vector<Place> places;  ///< in the order of the module's state_dict
  std::vector<Flag> training;
  int64_t modules = 0;
};

namespace {

// The same order for every copy of a module.
void find(const c10::intrusive_ptr<c10::ivalue::Object>& object, const std::string& prefix, std::set<std::pair<const void*, std::size_t>>& seen, ScriptPlaces& found) {
  const auto& type = *object->type();
  const int64_t own = found.modules++;
  const auto add = [&](bool parameters) {
    for (std::size_t i = 0; i < type.numAttributes(); ++i) {
      if (object->getSlot(i).isTensor() && type.is_parameter(i) == parameters && seen.emplace(object.get(), i).second) {
        found.places.push_back({prefix + type.getAttributeName(i), type.getAttributeName(i), {object, i}, parameters, own});
      }
    }
  };
  add(true);
  add(false);
  for (std::size_t i = 0; i < type.numAttributes(); ++i) {
    const c10::IValue& value = object->getSlot(i);
    if (value.isBool() && type.getAttributeName(i) == "training") {
      found.training.push_back({{object, i}, own});
    } else if (value.isObject() && type.getAttribute(i)->is_module()) {
      find(value.toObject(), prefix + type.getAttributeName(i) + ".", seen, found);
    }
  }
}

ScriptPlaces find(const torch::jit::Module& module) {
  ScriptPlaces found;
  std::set<std::pair<const void*, std::size_t>> seen;
  find(module._ivalue(), "", seen, found);
  return found;
}

bool is_statistics(const ScriptPlaces::Place& place) {
  return !place.parameter && (place.attribute == "running_mean" || place.attribute == "running_var") &&
         at::isFloatingType(place.slot.get().toTensor().scalar_type());
}

// Draws of a pass by its own seed, and the process's generator as it was. One pass at a time: there is but one generator, and whoever else
// draws from it in that time gets, and takes, numbers of the pass.
class Drawing {
 public:
  Drawing(bool draws, uint64_t seed) {
    if (draws) {
      static std::mutex turn;
      lock_ = std::unique_lock(turn);
      generator_ = at::detail::getDefaultCPUGenerator();
      before_ = generator_.get_state();
      generator_.set_current_seed(seed);
    }
  }
  ~Drawing() {
    if (before_.defined()) {
      generator_.set_state(before_);
    }
  }
  Drawing(const Drawing&) = delete;
  Drawing& operator=(const Drawing&) = delete;

 private:
  std::unique_lock<std::mutex> lock_;
  at::Generator generator_;
  at::Tensor before_;
};

}  // namespace

struct Script::Impl {
  // A copy of the module with its places; of the code there is but one.
  struct Runner {
    explicit Runner(const torch::jit::Module& prototype) : module(prototype.deepcopy()), found(find(module)) {}
    torch::jit::Module module;
    ScriptPlaces found;
  };

  std::unique_ptr<Runner> take() const {
    const std::lock_guard guard(mutex);
    if (idle.empty()) {
      return std::make_unique<Runner>(prototype);
    }
    std::unique_ptr<Runner> runner = std::move(idle.back());
    idle.pop_back();
    return runner;
  }

  void give_back(std::unique_ptr<Runner> runner) const {
    const std::lock_guard guard(mutex);
    idle.push_back(std::move(runner));
  }

  // One value for each tensor, into all of its places.
  void put(const ScriptPlaces& found, const std::vector<at::Tensor>& values) const {
    for (std::size_t p = 0; p < found.places.size(); ++p) {
      if (tensor_of[p] >= 0) {
        found.places[p].slot.set(values[static_cast<std::size_t>(tensor_of[p])]);
      }
    }
  }

  torch::jit::Module prototype;             ///< without values
  std::vector<ScriptTensor> tensors;
  std::vector<int64_t> tensor_of;           ///< by place; -1: what stays with the module
  std::map<int64_t, std::vector<std::size_t>> statistics;  ///< by owner
  bool weights = true;
  bool draws = false;
  std::string notes;
  std::string code;

  mutable std::mutex mutex;
  mutable std::vector<std::unique_ptr<Runner>> idle;
  mutable std::set<std::string> answered;
};

Script::Script(const uint8_t* archive, int64_t bytes) : impl_(std::make_unique<Impl>()) {
  Impl& impl = *impl_;
  try {
    check_script_archive(archive, bytes);
    impl.prototype =
        torch::jit::load(std::make_shared<caffe2::serialize::MemoryReadAdapter>(archive, bytes), c10::Device(at::kCPU), false);
  } catch (const Error& e) {
    throw Error(e.kind(), "the module can't be taken: " + std::string(e.what()));
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {
    throw Error(kErrorInvalidArgument, "the module can't be read: " + last_line(e));
  }
  try {
    impl.draws = check_forward(impl.prototype);
    ScriptPlaces found = find(impl.prototype);
    std::map<std::tuple<const void*, std::vector<int64_t>, std::vector<int64_t>>, int64_t> shared;
    std::set<std::string> converted;
    std::map<int64_t, bool> normalises;
    for (const ScriptPlaces::Place& place : found.places) {
      normalises[place.owner] |= place.attribute == "weight" && place.slot.get().toTensor().dim() == 1;
    }
    for (const ScriptPlaces::Place& place : found.places) {
      const at::Tensor given = place.slot.get().toTensor();
      if (!place.parameter && !is_statistics(place)) {
        impl.tensor_of.push_back(-1);
        continue;
      }
      require(at::isFloatingType(given.scalar_type()), "its parameter " + place.name + " has no real numbers");
      require(given.numel() > 0, "its parameter " + place.name + " is empty");
      const auto key = std::make_tuple(given.const_data_ptr(), given.sizes().vec(), given.strides().vec());
      const auto [at, is_new] = shared.emplace(key, static_cast<int64_t>(impl.tensors.size()));
      impl.tensor_of.push_back(at->second);
      if (!is_new) {
        continue;
      }
      if (given.scalar_type() != at::kFloat) {
        converted.insert(c10::toString(given.scalar_type()));
      }
      impl.weights &= given.numel() == 1 || std::any_of(given.strides().begin(), given.strides().end(), [](int64_t s) { return s != 0; });
      const int roles = !place.parameter              ? kRoleStatistics
                        : given.dim() >= 2            ? kRolePrunable
                        : normalises.at(place.owner) ? kRoleNormalisation
                                                      : 0;
      if (roles == kRoleStatistics) {
        impl.statistics[place.owner].push_back(impl.tensors.size());
      }
      impl.tensors.push_back({place.name, given.sizes().vec(), roles, place.owner, given});
    }
    require(!impl.tensors.empty(), "it has no parameters: frozen modules (torch.jit.freeze) have none, save it before that");
    require(std::any_of(impl.tensors.begin(), impl.tensors.end(), [](const ScriptTensor& t) { return t.roles == kRolePrunable; }),
            "it has no matrix or kernel to prune");
    for (const std::string& kind : converted) {
      impl.notes += (impl.notes.empty() ? "parameters of kind " : ", ") + kind;
    }
    if (!impl.notes.empty()) {
      impl.notes += " were converted to Float";
    }
    for (ScriptTensor& tensor : impl.tensors) {
      tensor.value = impl.weights ? tensor.value.detach().to(at::kFloat).contiguous() : at::Tensor();
    }
    // What is copied for each that runs is then small, and the archive without the values too.
    std::vector<at::Tensor> zeros;
    for (const ScriptTensor& tensor : impl.tensors) {
      zeros.push_back(at::zeros({}).expand(tensor.dims));
    }
    impl.put(found, zeros);
    if (impl.weights) {
      std::ostringstream out;
      impl.prototype.save(out);
      impl.code = out.str();
    } else {
      impl.code.assign(reinterpret_cast<const char*>(archive), static_cast<std::size_t>(bytes));
    }
    impl.put(found, std::vector<at::Tensor>(impl.tensors.size(), at::empty({0})));
  } catch (const Error& e) {
    throw Error(e.kind(), "the module can't be taken: " + std::string(e.what()));
  }
}

Script::~Script() = default;

const std::vector<ScriptTensor>& Script::tensors() const noexcept { return impl_->tensors; }

bool Script::has_weights() const noexcept { return impl_->weights; }

const std::string& Script::notes() const noexcept { return impl_->notes; }

const std::string& Script::code() const noexcept { return impl_->code; }

at::Tensor Script::run(const ScriptPass& pass, const at::Tensor& x) const {
  const Impl& impl = *impl_;
  std::unique_ptr<Impl::Runner> runner = impl.take();
  const ScriptPlaces& found = runner->found;
  std::vector<std::pair<std::size_t, int64_t>> kept;  // places that stay as they are, with their versions
  std::vector<std::pair<at::Tensor, at::Tensor>> counters;
  impl.put(found, pass.values);
  for (std::size_t p = 0; p < found.places.size(); ++p) {
    const at::Tensor& tensor = found.places[p].slot.get().toTensor();
    const bool counts = tensor.dim() == 0 && !at::isFloatingType(tensor.scalar_type());
    const bool moves = impl.tensor_of[p] >= 0 && pass.moving[static_cast<std::size_t>(impl.tensor_of[p])] &&
                       impl.tensors[static_cast<std::size_t>(impl.tensor_of[p])].roles == kRoleStatistics;
    if (counts) {
      counters.emplace_back(tensor, tensor.clone());  // batches seen, which only a momentum of none would ask for
    } else if (!moves) {
      kept.emplace_back(p, tensor._version());
    }
  }
  // One row has no variance: it is normalised by the running one.
  const bool batch = pass.training && x.size(0) > 1;
  for (const ScriptPlaces::Flag& flag : found.training) {
    const auto own = impl.statistics.find(flag.owner);
    const bool normalises = own != impl.statistics.end();
    const bool moves = normalises && batch && std::all_of(own->second.begin(), own->second.end(), [&](std::size_t t) { return pass.moving[t]; });
    flag.slot.set(normalises ? moves : pass.training);
  }
  c10::IValue said;
  try {
    // As PyTorch runs it: plans that change once it has run twice would change its rounding.
    const torch::jit::GraphOptimizerEnabledGuard plain(false);
    const Drawing drawing(impl.draws, pass.seed);
    said = runner->module.forward({x});
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const std::exception& e) {
    throw Error(kErrorInvalidArgument, "the module fails on a batch of " + std::to_string(x.size(0)) + " rows: " + last_line(e));
  }
  for (const auto& [place, version] : kept) {
    require(found.places[place].slot.get().toTensor()._version() == version,
            "the module writes to its tensor " + found.places[place].name + " as it runs, which must stay as it is");
  }
  for (const auto& [counter, before] : counters) {
    counter.copy_(before);
  }
  require(said.isTensor(), "the module gives no tensor");
  impl.give_back(std::move(runner));
  return said.toTensor().to(at::kFloat);
}

torch::jit::Module Script::with(const std::vector<at::Tensor>& values) const {
  const Impl::Runner copy(impl_->prototype);
  impl_->put(copy.found, values);
  return copy.module;
}

bool Script::known(const std::string& question) const {
  const std::lock_guard guard(impl_->mutex);
  return impl_->answered.count(question) > 0;
}

void Script::know(const std::string& question) const {
  const std::lock_guard guard(impl_->mutex);
  impl_->answered.insert(question);
}

}  // namespace pacnet
