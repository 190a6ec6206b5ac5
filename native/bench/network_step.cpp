// Time of a training step of a network, through the public API: network_step DESCRIPTION BATCH THREADS STEPS [MODULE], a file of
// torch.jit.save for a "torchscript".
// bench/image_step.py, equation_step.py and mlp_step.py are its twins in PyTorch; bench/images.sh, equations.sh and peers.sh run
// them in turn.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "clock.h"
#include "pacnet/pacnet.h"

int main(int count, char** arguments) {
  if (count != 5 && count != 6) {
    std::fprintf(stderr, "usage: network_step DESCRIPTION BATCH THREADS STEPS [MODULE]\n");
    return 2;
  }
  std::unique_ptr<pacnet::ScriptModule> module;
  if (count == 6) {
    std::ifstream file(arguments[5], std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    module = std::make_unique<pacnet::ScriptModule>(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int64_t>(bytes.size()));
  }
  const auto own = module ? std::make_unique<pacnet::Network>(arguments[1], *module) : std::make_unique<pacnet::Network>(arguments[1]);
  pacnet::Network& network = *own;
  const int64_t batch = std::atoll(arguments[2]);
  const int64_t steps = std::atoll(arguments[4]);
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> x(static_cast<std::size_t>(batch * network.inputs()));
  for (float& value : x) {
    value = normal(random);
  }
  const std::string description = arguments[1];
  const bool ode = description.rfind("ode", 0) == 0 || description.rfind("latent", 0) == 0;
  const bool pinn = description.rfind("pinn", 0) == 0;
  const bool mlp = description.rfind("mlp", 0) == 0 || description.rfind("torchscript inputs", 0) == 0;  // regressions
  std::vector<float> y(static_cast<std::size_t>(batch * (ode ? network.outputs() : 1)), 0.0F);
  for (std::size_t i = 0; ode && i < x.size(); ++i) {
    // Two states and a time, then distances of times.
    x[i] = static_cast<int64_t>(i) % network.inputs() < 3 ? x[i] : 0.1F;
  }
  for (std::size_t i = 0; pinn && i < x.size(); i += 4) {
    x[i + 2] = 0.05F;
    x[i + 3] = 0.0F;  // the equation's residual
  }
  for (float& label : y) {
    label = ode || mlp ? normal(random) : pinn ? 0.0F : static_cast<float>(random() % static_cast<unsigned>(network.outputs()));
  }
  network.initialize(1);
  pacnet::FitOptions options;
  options.loss = ode || pinn || mlp ? pacnet::kMse : pacnet::kCrossEntropy;
  options.batch_size = batch;
  options.epochs = steps + 1;  // the first warms up
  options.threads = std::atoi(arguments[3]);
  Clock clock;
  const pacnet::FitScope scope(network);
  network.fit(options, scope, x.data(), static_cast<int64_t>(x.size()), y.data(),
              static_cast<int64_t>(y.size()), batch, &clock);
  for (std::size_t i = 1; i < clock.seconds.size(); ++i) {
    std::printf("%.9f\n", clock.seconds[i]);
  }
  return 0;
}
