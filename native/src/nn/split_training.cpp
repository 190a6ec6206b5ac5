#include "nn/split_training.h"

#include <algorithm>

#include "core/blas.h"
#include "core/error.h"
#include "core/team.h"

namespace pacnet {

SplitTraining::SplitTraining(const Net& net, const TrainingSetup& setup,
                             const std::function<std::unique_ptr<Worker>(int64_t)>& make)
    : net_(net), params_(setup.params), team_(setup.team), label_width_(label_width(setup.loss, net)) {
  const Terms& terms = setup.terms;
  require(!terms.any_features() && terms.spectral == 0.0 && terms.soft.strength == 0.0,
          "a network of a differential equation has no features or classes to pull");
  const int64_t most = (setup.batch + team_.size() - 1) / team_.size();
  for (int thread = 0; thread < team_.size(); ++thread) {
    parts_.push_back({make(most), FloatBuffer(most * label_width_),
                      FloatBuffer(thread == 0 ? 0 : net.layout().extent()), 0.0});
  }
  team_.run([](int) { pin_blas_threads(); });
}

double SplitTraining::gradients(const LoadRows& load, int64_t rows, int64_t /*step*/, float* grads) {
  const double sum = run(load, rows, grads);
  for (const Part& part : parts_) {
    for (int64_t i = 0; i < part.grads.size(); ++i) {
      grads[i] += part.grads.data()[i];
    }
  }
  return sum;
}

double SplitTraining::loss(const LoadRows& load, int64_t rows) { return run(load, rows, nullptr); }

// grads: null for the loss alone.
double SplitTraining::run(const LoadRows& load, int64_t rows, float* grads) {
  team_.run([&](int thread) {
    const Share own = share_of(rows, thread, team_.size());
    Part& part = parts_[static_cast<std::size_t>(thread)];
    float* to = grads == nullptr || thread == 0 ? grads : part.grads.data();
    part.sum = 0.0;
    if (own.begin < own.end) {
      // load() counts from the batch's first row.
      load(own.begin, own.end, part.worker->input() - own.begin * net_.inputs(),
           part.labels.data() - own.begin * label_width_);
      part.sum = part.worker->run(params_, part.labels.data(), own.end - own.begin, rows, to);
    } else if (to != nullptr) {
      std::fill_n(to, net_.layout().extent(), 0.0F);
    }
  });
  double sum = 0.0;
  for (const Part& part : parts_) {
    sum += part.sum;
  }
  return sum;
}

}  // namespace pacnet
