#include <dlfcn.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "step_bench.h"

namespace gradus_bench {

std::string libtorch_blas() {
  Dl_info info = {};
  void* sgemm = dlsym(RTLD_DEFAULT, "sgemm_");
  return sgemm != nullptr && dladdr(sgemm, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : "unknown";
}

double libtorch_seconds_per_step(const Network& network, int rounds, int steps) {
  torch::set_num_threads(1);
  torch::manual_seed(1);
  torch::nn::Sequential model;
  for (std::size_t i = 0; i + 1 < network.widths.size(); ++i) {
    if (i > 0) model->push_back(torch::nn::ReLU());
    model->push_back(torch::nn::Linear(network.widths[i], network.widths[i + 1]));
  }
  torch::optim::Adam adam(model->parameters(), torch::optim::AdamOptions(1e-3));
  const torch::Tensor x = torch::rand({network.batch, network.widths.front()});
  const torch::Tensor y = torch::randint(network.widths.back(), {network.batch}, torch::kLong);
  double best = std::numeric_limits<double>::infinity();
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int step = 0; step < steps; ++step) {
      adam.zero_grad();
      torch::nn::functional::cross_entropy(model->forward(x), y).backward();
      adam.step();
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    best = std::min(best, taken.count() / steps);
  }
  return best;
}

}  // namespace gradus_bench
