// Prints the time of one training step of several networks, and the ratio to libtorch in the same run.
#include "step_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>

#include "gradus/network.h"
#include "gradus/trainer.h"

#include "base/buffer.h"
#include "base/random.h"

namespace gradus_bench {
namespace {

std::string title(const Network& network) {
  return fmt::format("{}, batch {}", fmt::join(network.widths, "-"), network.batch);
}

/// Multiply-adds of forward, dW, and the deltas of all layers but the first.
double flops(const Network& network) {
  double sum = 0.0;
  for (std::size_t i = 0; i + 1 < network.widths.size(); ++i)
    sum += (i == 0 ? 4.0 : 6.0) * static_cast<double>(network.batch * network.widths[i] * network.widths[i + 1]);
  return sum;
}

gradus::NetworkSpec spec_of(const Network& network) {
  gradus::NetworkSpec spec;
  spec.inputs = network.widths.front();
  for (std::size_t i = 0; i + 1 < network.widths.size(); ++i) {
    if (i > 0) spec.ops.emplace_back(gradus::Activate{gradus::Activation::relu});
    spec.ops.emplace_back(gradus::Affine{network.widths[i + 1]});
  }
  spec.head.loss = gradus::Loss::softmax_cross_entropy;
  return spec;
}

double gradus_seconds_per_step(const Network& network, int rounds, int steps) {
  gradus::Network net(spec_of(network));
  net.initialize(1);
  gradus::TrainerOptions options;
  options.batch_size = network.batch;
  gradus::Trainer trainer(net, options, network.batch);
  const gradus::RandomStream stream(1, gradus::Purpose::shuffle);
  gradus::AlignedBuffer<float> x(network.batch * network.widths.front()), y(network.batch);
  for (int64_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(stream.uniform(static_cast<uint64_t>(i)));
  for (int64_t i = 0; i < y.size(); ++i)
    y.data()[i] =
        static_cast<float>(stream.below(static_cast<uint64_t>(i), static_cast<uint64_t>(network.widths.back())));
  double best = std::numeric_limits<double>::infinity();
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int step = 0; step < steps; ++step)
      trainer.train_step({x.data(), network.batch, network.widths.front()}, {y.data(), network.batch, 1});
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    best = std::min(best, taken.count() / steps);
  }
  return best;
}

}  // namespace
}  // namespace gradus_bench

int main() {
  using namespace gradus_bench;
  const Network networks[] = {
      {{16, 32, 2}, 1},         {{4, 16, 3}, 16},           {{64, 128, 64, 10}, 64},
      {{32, 256, 256, 2}, 256}, {{784, 512, 256, 10}, 128}, {{1024, 1024, 1024, 1024}, 256},
  };
#ifdef GRADUS_BENCH_LIBTORCH
  fmt::print("libtorch's BLAS: {}\n", libtorch_blas());
#endif
  fmt::print("{:32} {:>12} {:>8} {:>12} {:>8}\n", "one step, relu, softmax, Adam", "gradus us", "GF/s", "libtorch us",
             "ratio");
  for (const Network& network : networks) {
    const int steps = static_cast<int>(std::clamp(2e9 / flops(network), 3.0, 5000.0));
    const double ours = gradus_seconds_per_step(network, 10, steps);
    fmt::print("{:32} {:12.2f} {:8.1f}", title(network), ours * 1e6, flops(network) / ours * 1e-9);
#ifdef GRADUS_BENCH_LIBTORCH
    const double theirs = libtorch_seconds_per_step(network, 10, std::max(3, steps / 4));
    fmt::print(" {:12.2f} {:8.2f}", theirs * 1e6, theirs / ours);
#endif
    fmt::print("\n");
  }
}
