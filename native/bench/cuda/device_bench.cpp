// Times on a GPU, one line each: "what <tab> value". bench/gpu_peers.py prints PyTorch's of the same name, bench/gpu.sh runs
// both and sets them side by side.
//   device_bench status                             whether there is a GPU that can be used, and what it is
//   device_bench step DESCRIPTION BATCH PRECISION   microseconds of a training step, by the public API
//   device_bench many DESCRIPTION TARGETS ROWS EPOCHS   milliseconds of as many fits at once, one after another, and on the CPU side by side
//   device_bench adam COUNT                         share of the measured copy bandwidth that masked Adam reaches
//   device_bench select COUNT                       milliseconds of a selection there and on the CPU

#include <cuda_runtime_api.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "../clock.h"
#include "core/arena.h"
#include "cuda/device.h"
#include "cuda/select.h"
#include "cuda/step_kernels.h"
#include "pacnet/pacnet.h"

namespace {

using namespace pacnet;  // NOLINT: this program is of that

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Epochs of so many steps that what an epoch costs besides is not seen.
void step(const std::string& description, int64_t batch, int precision) {
  constexpr int64_t kSteps = 100;
  constexpr int64_t kEpochs = 12;
  Network network(description.c_str());
  network.initialize(1);
  const bool images = description.rfind("mlp", 0) != 0;
  const int64_t steps = images ? 10 : kSteps;
  // Images are many floats: the steps of an epoch go over few of them.
  const int64_t rows = batch * steps;
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> noise(1 << 16);
  std::generate(noise.begin(), noise.end(), [&] { return normal(random); });
  std::vector<float> x(static_cast<std::size_t>(rows * network.inputs()));
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = noise[(i * 7) % noise.size()];
  }
  FitOptions options;
  options.loss = images ? kCrossEntropy : kMse;
  std::vector<float> y(static_cast<std::size_t>(rows * (images ? 1 : network.outputs())));
  for (float& label : y) {
    label = images ? static_cast<float>(random() % static_cast<unsigned>(network.outputs())) : normal(random);
  }
  options.batch_size = batch;
  options.epochs = kEpochs;
  options.device = kCuda;
  options.precision = precision;
  options.threads = static_cast<int>(std::thread::hardware_concurrency());
  Clock clock;
  network.fit(options, FitScope(network), x.data(), static_cast<int64_t>(x.size()), y.data(), static_cast<int64_t>(y.size()),
              rows, &clock);
  clock.seconds.erase(clock.seconds.begin(), clock.seconds.begin() + 2);  // capture
  std::printf("step\t%.2f\n", 1e6 * median(clock.seconds) / static_cast<double>(steps));
}

double milliseconds_of(const std::function<void()>& body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

// As a calibration: the pruned weights of each target, pulled toward zero, batches of 32.
void many(const std::string& description, int64_t targets, int64_t rows, int64_t epochs) {
  Network network(description.c_str());
  network.initialize(1);
  std::vector<char> prunable;
  for (int64_t t = 0; t < network.tensor_count(); ++t) {
    prunable.push_back((network.tensor_roles(t) & kRolePrunable) != 0);
  }
  network.prune(0.8, kPruneGlobal, 1, reinterpret_cast<const bool*>(prunable.data()), network.tensor_count(), 1);
  FitScope scope(network);
  for (int64_t t = 0; t < network.tensor_count(); ++t) {
    if (prunable[static_cast<std::size_t>(t)]) {
      int64_t size = 1;
      for (int64_t d = 0; d < network.tensor_rank(t); ++d) {
        size *= network.tensor_dim(t, d);
      }
      std::vector<uint8_t> bits(static_cast<std::size_t>((size + 7) / 8));
      network.get_mask(t, bits.data(), static_cast<int64_t>(bits.size()));
      for (uint8_t& byte : bits) {
        byte = static_cast<uint8_t>(~byte);
      }
      if (size % 8 != 0) {
        bits.back() &= static_cast<uint8_t>((1U << (size % 8)) - 1);
      }
      scope.set_trainable(t, bits.data(), static_cast<int64_t>(bits.size()));
      scope.set_pull(t, 0.01);
    }
  }
  const int64_t inputs = network.inputs();
  const int64_t outputs = network.outputs();
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> x(static_cast<std::size_t>(targets * rows * inputs));
  std::vector<float> y(static_cast<std::size_t>(targets * rows * outputs));
  std::generate(x.begin(), x.end(), [&] { return normal(random); });
  std::generate(y.begin(), y.end(), [&] { return normal(random); });
  FitOptions options;
  options.batch_size = 32;
  options.epochs = epochs;
  options.device = kCuda;
  const std::vector<int64_t> counts(static_cast<std::size_t>(targets), rows);
  const int64_t parameters = network.parameter_count();
  std::vector<float> params(static_cast<std::size_t>(targets * parameters));
  std::vector<double> losses(static_cast<std::size_t>(targets * epochs));
  std::vector<int64_t> diverged(static_cast<std::size_t>(targets));
  const auto together = [&] {
    network.fit_many(options, scope, x.data(), static_cast<int64_t>(x.size()), y.data(), static_cast<int64_t>(y.size()), counts.data(),
                     targets, params.data(), static_cast<int64_t>(params.size()), losses.data(), static_cast<int64_t>(losses.size()),
                     diverged.data(), targets, nullptr);
  };
  std::vector<float> start(static_cast<std::size_t>(parameters));
  network.get_parameters(start.data(), parameters);
  const auto one = [&](Network& own, const FitOptions& how, int64_t target) {
    own.set_parameters(start.data(), parameters);
    own.fit(how, scope, x.data() + target * rows * inputs, rows * inputs, y.data() + target * rows * outputs, rows * outputs, rows, nullptr);
  };
  const auto in_turn = [&](const FitOptions& how, int64_t count, int threads) {
    std::vector<std::thread> team;
    for (int i = 0; i < threads; ++i) {
      team.emplace_back([&, i] {
        Network own(description.c_str());
        for (int64_t target = i; target < count; target += threads) {
          one(own, how, target);
        }
      });
    }
    for (std::thread& thread : team) {
      thread.join();
    }
  };
  // One after another by the first of them: each takes as long as the next.
  const int64_t some = std::min<int64_t>(targets, 16);
  in_turn(options, 1, 1);
  const double alone = milliseconds_of([&] { in_turn(options, some, 1); }) * static_cast<double>(targets) / static_cast<double>(some);
  together();
  std::vector<double> times;
  for (int i = 0; i < 5; ++i) {
    times.push_back(milliseconds_of(together));
  }
  FitOptions on_cpu = options;
  on_cpu.device = kCpu;
  const int threads = static_cast<int>(std::thread::hardware_concurrency());
  const double cpu = milliseconds_of([&] { in_turn(on_cpu, targets, threads); });
  std::printf("many\t%s, %lld targets of %lld rows, %lld epochs\t%.1f\t%.1f\t%.1f\n", description.c_str(),
              static_cast<long long>(targets), static_cast<long long>(rows), static_cast<long long>(epochs), median(times), alone, cpu);
}

// Milliseconds of what the body puts on the default stream.
template <typename Body>
double timed(const Body& body) {
  cudaEvent_t begin = nullptr;
  cudaEvent_t end = nullptr;
  cuda::check(cudaEventCreate(&begin));
  cuda::check(cudaEventCreate(&end));
  std::vector<double> times;
  for (int i = 0; i < 12; ++i) {
    cuda::check(cudaEventRecord(begin, nullptr));
    body();
    cuda::check(cudaEventRecord(end, nullptr));
    cuda::check(cudaEventSynchronize(end));
    float milliseconds = 0.0F;
    cuda::check(cudaEventElapsedTime(&milliseconds, begin, end));
    times.push_back(static_cast<double>(milliseconds));
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  return median(times);
}

// Bytes a millisecond that a copy reads and writes.
double copy_bandwidth(int64_t count) {
  cuda::DeviceBuffer<float> from(count);
  cuda::DeviceBuffer<float> to(count);
  from.clear(nullptr);
  const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(float);
  return 2.0 * static_cast<double>(bytes) /
         timed([&] { cuda::check(cudaMemcpyAsync(to.data(), from.data(), bytes, cudaMemcpyDeviceToDevice, nullptr)); });
}

void adam(int64_t count) {
  const double bandwidth = copy_bandwidth(count);
  Layout layout;
  layout.add("w", {count}, kRolePrunable);
  const int64_t extent = layout.extent();
  cuda::DeviceBuffer<float> p(extent);
  cuda::DeviceBuffer<float> g(extent);
  cuda::DeviceBuffer<float> m(extent);
  cuda::DeviceBuffer<float> v(extent);
  cuda::DeviceBuffer<float> l2(extent / kWordBits);
  cuda::DeviceBuffer<uint64_t> mask(extent / kWordBits);
  cuda::DeviceBuffer<cuda::StepState> state(1);
  for (cuda::DeviceBuffer<float>* buffer : {&p, &g, &m, &v, &l2}) {
    buffer->clear(nullptr);
  }
  cuda::check(cudaMemset(mask.data(), 0xa5, static_cast<std::size_t>(mask.size()) * sizeof(uint64_t)));
  const cuda::StepState start{};
  state.upload(&start, 1, nullptr);
  cuda::launch(cuda::AdvanceStep{state.data(), {kConstant, 1e-3, 100}, 0.9, 0.999, 1e-8, 0.0, 0.0}, {1, 1}, nullptr);
  const cuda::MaskedAdam kernel{
      {state.data(), p.data(), g.data(), m.data(), v.data(), nullptr, mask.data(), l2.data(), extent}};
  const double milliseconds = timed([&] { cuda::launch(kernel, cuda::MaskedAdam::grid(extent), nullptr); });
  // Three floats in and out, the gradient in, a bit of the mask and a 64th of a float.
  const double bytes = static_cast<double>(count) * (7 * 4 + 1.0 / 8 + 4.0 / 64);
  std::printf("adam ms\t%.4f\nadam share of copy bandwidth\t%.3f\n", milliseconds, bytes / milliseconds / bandwidth);
}

void select(int64_t count) {
  Layout layout;
  layout.add("w", {count}, kRolePrunable);
  std::vector<float> values(static_cast<std::size_t>(layout.extent()));
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::generate(values.begin(), values.end(), [&] { return normal(random); });
  BitMask mask(layout);
  const auto milliseconds = [&](const Selector& select) {
    std::vector<double> times;
    for (int i = 0; i < 5; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      select(layout.tensors(), count / 5, mask);
      times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    }
    return median(times);
  };
  std::printf("select ms, the numbers there\t%.3f\n", milliseconds(cuda::select_on_gpu(values.data(), layout)));
  std::printf("select ms, with their way there\t%.3f\n", milliseconds([&](std::span<const Tensor> tensors, int64_t keep, BitMask& to) {
    cuda::select_on_gpu(values.data(), layout)(tensors, keep, to);
  }));
  const int threads = static_cast<int>(std::thread::hardware_concurrency());
  std::printf("select ms, on the CPU by %d threads\t%.3f\n", threads, milliseconds(select_on_cpu(values.data(), threads)));
}

}  // namespace

int main(int count, char** arguments) {
  const std::string what = count > 1 ? arguments[1] : "";
  try {
    if (what == "status") {
      std::printf("%s\t%s\n", gpu_usable() ? "usable" : "not usable", gpu_status());
      return 0;
    }
    if (!gpu_usable()) {
      std::fprintf(stderr, "device_bench: %s\n", gpu_status());
      return 1;
    }
    if (what == "step" && count == 5) {
      const std::string precision = arguments[4];
      step(arguments[2], std::atoll(arguments[3]),
           precision == "bf16" ? kBfloat16 : precision == "tf32" ? kTensorFloat32 : kFloat32);
    } else if (what == "many" && count == 6) {
      many(arguments[2], std::atoll(arguments[3]), std::atoll(arguments[4]), std::atoll(arguments[5]));
    } else if (what == "adam" && count == 3) {
      adam(std::atoll(arguments[2]));
    } else if (what == "select" && count == 3) {
      select(std::atoll(arguments[2]));
    } else {
      std::fprintf(stderr, "usage: device_bench status | step DESCRIPTION BATCH fp32|tf32|bf16 | many DESCRIPTION TARGETS ROWS EPOCHS | adam COUNT | select COUNT\n");
      return 2;
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "device_bench: %s\n", e.what());
    return 1;
  }
  return 0;
}
