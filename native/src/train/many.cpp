#include "train/many.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <string>

#include "core/error.h"
#include "core/random.h"
#include "train/fit.h"
#include "train/guarantee.h"
#include "train/penalty.h"
#include "train/rows.h"

namespace pacnet {

namespace {

// Epochs whose orders are on their way at once: a device waits for nobody meanwhile.
constexpr int64_t kEpochsAhead = 16;

const Mlp& checked(const Net& net, const Scope& scope, const FitOptions& options) {
  const auto* mlp = dynamic_cast<const Mlp*>(&net);
  require(mlp != nullptr && mlp->dropout() == 0, "many targets at once are perceptrons without dropout");
  const Terms& terms = scope.terms;
  require(!has_penalty(scope) && !terms.any_features() && terms.spectral == 0.0 && terms.soft.strength == 0.0 &&
              scope.gates.tensors.empty() && scope.adapters.empty() && !scope.frozen_zero,
          "many targets at once are pulled by one number a tensor, and by nothing else");
  require(options.validation_share == 0, "many targets at once hold no rows out");
  require(!options.curriculum, "many targets at once have no curriculum");
  require(options.precision == kFloat32, "many targets at once are learnt in float32");
  return *mlp;
}

// As many targets as there is room for, with as much left for others; one in any case, which then says itself what is missing.
std::size_t fitting(const Mlp& net, const FitOptions& options, std::span<const int64_t> rows, std::size_t room) {
  int64_t widths = 0;
  for (int64_t l = 0; l <= net.layers(); ++l) {
    widths += net.width(l);
  }
  std::size_t count = 0;
  int64_t batch = 0;  // of all of them: that of the one with most rows
  int64_t all = 0;
  while (count < rows.size()) {
    batch = std::max(batch, std::min(options.batch_size, rows[count]));
    all += rows[count];
    const double floats = static_cast<double>(count + 1) * static_cast<double>(4 * net.layout().extent() + 3 * batch * widths) +
                          static_cast<double>(all) * static_cast<double>(net.inputs() + net.outputs() + kEpochsAhead);
    if (count > 0 && floats * sizeof(float) > static_cast<double>(room)) {
      break;
    }
    ++count;
  }
  return count;
}

float* without_gaps(const Layout& layout, const float* arena, float* params) {
  for (const Tensor& tensor : layout.tensors()) {
    params = std::copy_n(arena + tensor.offset, tensor.size, params);
  }
  return params;
}

// One target on the CPU.
class Alone final : public FitListener {
 public:
  Alone(int64_t told, double* losses, FitListener* listener) : told_(told), losses_(losses), listener_(listener) {}

  bool train(const Mlp& net, const Scope& scope, const float* start, const FitOptions& options, const LossSpec& loss, Rows& rows,
             float* params, int64_t* diverged) {
    FloatBuffer arena(net.layout().extent());
    std::copy_n(start, arena.size(), arena.data());
    *diverged = 0;
    try {
      if (fit(net, scope, arena.data(), options, loss, rows, this).cancelled) {
        return false;
      }
    } catch (const Error& e) {
      if (e.kind() != kErrorDiverged) {
        throw;
      }
      *diverged = std::min(epochs_ + 1, options.epochs);
      std::fill(losses_ + epochs_, losses_ + options.epochs, std::numeric_limits<double>::quiet_NaN());
    }
    without_gaps(net.layout(), arena.data(), params);
    return true;
  }

  bool on_epoch(int64_t epoch, double train_loss, double validation_loss) override {
    losses_[epoch - 1] = train_loss;
    epochs_ = epoch;
    return listener_ == nullptr || listener_->on_epoch(told_ + epoch, train_loss, validation_loss);
  }

 private:
  int64_t told_;
  int64_t epochs_ = 0;
  double* losses_;
  FitListener* listener_;
};

// Some targets on the device, one behind the other.
class Group {
 public:
  Group(const Mlp& net, const Scope& scope, const float* start, const FitOptions& options, const LossSpec& loss,
        const float* x, const float* y, std::span<const int64_t> rows, const GroupDevice& device)
      : net_(net),
        scope_(scope),
        start_(start),
        options_(options),
        rows_(rows),
        engine_(device.engine({net, scope, start, options, loss, x, y, rows, std::min(kEpochsAhead, options.epochs)})) {}

  /// losses: [targets, epochs], means over rows. False: the listener, which is told of epochs from `told` + 1 on, asked to stop.
  bool train(int64_t told, double* losses, FitListener* listener) {
    const auto count = static_cast<int64_t>(rows_.size());
    std::vector<double> sums(static_cast<std::size_t>(kEpochsAhead * count));
    for (int64_t first = 0; first < options_.epochs; first += kEpochsAhead) {
      const int64_t epochs = std::min(kEpochsAhead, options_.epochs - first);
      engine_->train(epochs, orders(first, epochs), sums.data());
      for (int64_t e = 0; e < epochs; ++e) {
        double all = 0.0;
        for (int64_t t = 0; t < count; ++t) {
          const double mean = sums[static_cast<std::size_t>(e * count + t)] / static_cast<double>(rows_[static_cast<std::size_t>(t)]);
          losses[t * options_.epochs + first + e] = mean;
          all += mean;
        }
        if (listener != nullptr && !listener->on_epoch(told + first + e + 1, all / static_cast<double>(count),
                                                       std::numeric_limits<double>::quiet_NaN())) {
          return false;
        }
      }
    }
    return true;
  }

  /// params: [targets, parameters].
  void finish(const double* losses, float* params, int64_t* diverged) {
    const Layout& layout = net_.layout();
    FloatBuffer arenas(static_cast<int64_t>(rows_.size()) * layout.extent());
    engine_->fetch(arenas.data());
    for (std::size_t t = 0; t < rows_.size(); ++t) {
      const float* arena = arenas.data() + static_cast<int64_t>(t) * layout.extent();
      const double* own = losses + static_cast<int64_t>(t) * options_.epochs;
      const double* bad = std::find_if_not(own, own + options_.epochs, [](double loss) { return std::isfinite(loss); });
      diverged[t] = bad == own + options_.epochs && finite(arena) ? 0 : std::min(bad - own + 1, options_.epochs);
      if (diverged[t] > 0) {
        arena = start_;
      } else {
        check_frozen(layout, scope_.trainable, start_, arena);
      }
      params = without_gaps(layout, arena, params);
    }
  }

 private:
  bool finite(const float* arena) const {
    const auto& tensors = net_.layout().tensors();
    return std::all_of(tensors.begin(), tensors.end(), [&](const Tensor& tensor) {
      return std::all_of(arena + tensor.offset, arena + tensor.offset + tensor.size, [](float v) { return std::isfinite(v); });
    });
  }

  // Targets with as many rows have the same order: it is that of the seed and the epoch.
  std::vector<uint32_t> orders(int64_t first, int64_t epochs) const {
    std::vector<uint32_t> all;
    for (int64_t epoch = first + 1; epoch <= first + epochs; ++epoch) {
      std::map<int64_t, std::vector<uint32_t>> by_rows;
      for (const int64_t rows : rows_) {
        std::vector<uint32_t>& order = by_rows[rows];
        if (order.empty()) {
          order = epoch_order(rows, options_, epoch);
        }
        all.insert(all.end(), order.begin(), order.end());
      }
    }
    return all;
  }

  const Mlp& net_;
  const Scope& scope_;
  const float* start_;
  const FitOptions& options_;
  std::span<const int64_t> rows_;
  std::unique_ptr<GroupEngine> engine_;
};

}  // namespace

FitResult fit_many(const Net& any, const Scope& scope, const float* start, const FitOptions& options, const LossSpec& loss,
                   const float* x, const float* y, std::span<const int64_t> rows, float* params, double* losses,
                   int64_t* diverged, FitListener* listener, const GroupDevice& device) {
  for (const int64_t count : rows) {
    check_options(any, options, count);
  }
  const Mlp& net = checked(any, scope, options);
  const bool on_device = options.device == kCuda;
  FitResult result;
  int64_t told = 0;
  while (!rows.empty()) {
    const std::size_t count = on_device ? fitting(net, options, rows, device.free_bytes() / 2) : 1;
    const auto own = rows.first(count);
    bool goes_on = true;
    if (on_device) {
      Group group(net, scope, start, options, loss, x, y, own, device);
      goes_on = group.train(told, losses, listener);
      if (goes_on) {
        group.finish(losses, params, diverged);
      }
    } else {
      Alone alone(told, losses, listener);
      goes_on = alone.train(net, scope, start, options, loss, *rows_in_memory(x, y, own.front(), net, loss), params, diverged);
    }
    if (!goes_on) {
      result.cancelled = true;
      return result;
    }
    const int64_t taken = std::accumulate(own.begin(), own.end(), int64_t{0});
    x += taken * net.inputs();
    y += taken * label_width(loss, net);
    losses += static_cast<int64_t>(count) * options.epochs;
    params += static_cast<int64_t>(count) * net.layout().parameters();
    diverged += count;
    rows = rows.subspan(count);
    told += options.epochs;
  }
  result.epochs_run = options.epochs;
  result.best_epoch = options.epochs;
  return result;
}

}  // namespace pacnet
