// Time of PAC's training step of a perceptron by LibTorch's own means, as one would write it in C++: modules, autograd, a mask on
// the gradients and torch::optim::Adam. libtorch_step WIDTH BATCH THREADS STEPS. Prints seconds a step.

#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int count, char** arguments) {
  if (count != 5) {
    std::fprintf(stderr, "usage: libtorch_step WIDTH BATCH THREADS STEPS\n");
    return 2;
  }
  const int64_t width = std::atoll(arguments[1]);
  const int64_t batch = std::atoll(arguments[2]);
  at::set_num_threads(std::atoi(arguments[3]));
  const int64_t steps = std::atoll(arguments[4]);
  torch::nn::Sequential module(torch::nn::Linear(10, width), torch::nn::SiLU(), torch::nn::Linear(width, width),
                               torch::nn::SiLU(), torch::nn::Linear(width, 1));
  const at::Tensor x = torch::randn({batch, 10});
  const at::Tensor y = torch::randn({batch, 1});
  std::vector<at::Tensor> parameters;
  std::vector<at::Tensor> pruned;
  for (at::Tensor& parameter : module->parameters()) {
    parameter.set_requires_grad(parameter.dim() == 2);
    if (parameter.dim() == 2) {
      parameters.push_back(parameter);
      pruned.push_back((torch::rand_like(parameter) < 0.8).to(at::kFloat));
    }
  }
  torch::optim::Adam optimizer(parameters, torch::optim::AdamOptions(1e-3));
  for (int64_t step = -20; step < steps; ++step) {
    const auto begin = std::chrono::steady_clock::now();
    optimizer.zero_grad();
    torch::nn::functional::mse_loss(module->forward(x), y).backward();
    {
      const torch::NoGradGuard no_gradients;
      for (std::size_t p = 0; p < parameters.size(); ++p) {
        parameters[p].mutable_grad().add_(parameters[p], 0.02).mul_(pruned[p]);
      }
    }
    optimizer.step();
    if (step >= 0) {
      std::printf("%.9f\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
  }
}
