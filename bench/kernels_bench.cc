// Matrix products over the shapes of real training steps, activations and updates, on one thread.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/thread_pool.h"
#include "kernels/activations.h"
#include "kernels/losses.h"
#include "kernels/products.h"
#include "kernels/reductions.h"
#include "kernels/target.h"
#include "kernels/updates.h"

namespace gradus {
namespace {

AlignedBuffer<float> filled(int64_t size) {
  AlignedBuffer<float> buffer(size);
  for (int64_t i = 0; i < size; ++i) buffer.data()[i] = static_cast<float>(i % 17) / 17.0f - 0.4f;
  return buffer;
}

/// (m, n, k) of c (m x n).
void shapes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"m", "n", "k"});
  for (const std::vector<int64_t>& shape : std::vector<std::vector<int64_t>>{{64, 64, 64},
                                                                             {32, 32, 16},
                                                                             {64, 128, 64},
                                                                             {64, 64, 128},
                                                                             {64, 10, 64},
                                                                             {64, 64, 10},
                                                                             {128, 64, 64},
                                                                             {256, 256, 256},
                                                                             {256, 256, 32},
                                                                             {128, 256, 784},
                                                                             {128, 512, 784},
                                                                             {784, 512, 128},
                                                                             {128, 256, 512},
                                                                             {1, 512, 784},
                                                                             {1, 128, 64},
                                                                             {256, 1024, 1024},
                                                                             {1024, 1024, 1024},
                                                                             {2048, 2048, 2048}})
    bench->Args(shape);
}

template <class Product>
void run_product(benchmark::State& state, const Product& product) {
  const int64_t m = state.range(0), n = state.range(1), k = state.range(2);
  const AlignedBuffer<float> a = filled(m * k), b = filled(k * n), bias = filled(n);
  AlignedBuffer<float> c(m * n);
  ThreadPool pool(1);
  for (auto _ : state) {
    product(m, n, k, a.data(), b.data(), bias.data(), c.data(), pool);
    benchmark::ClobberMemory();
  }
  const double flops = 2.0 * static_cast<double>(m * n * k) * static_cast<double>(state.iterations());
  state.counters["flop/s"] = benchmark::Counter(flops, benchmark::Counter::kIsRate);
}

void ProductNn(benchmark::State& state) {
  run_product(state, [](int64_t m, int64_t n, int64_t k, const float* a, const float* b, const float* bias, float* c,
                        ThreadPool& pool) {
    kernels::product_nn<float>({a, m, k}, {b, k, n}, bias, {c, m, n}, pool);
  });
}
void ProductTn(benchmark::State& state) {
  run_product(state, [](int64_t m, int64_t n, int64_t k, const float* a, const float* b, const float*, float* c,
                        ThreadPool& pool) {
    kernels::product_tn<float>({a, k, m}, {b, k, n}, {c, m, n}, pool);
  });
}
void ProductNt(benchmark::State& state) {
  run_product(state, [](int64_t m, int64_t n, int64_t k, const float* a, const float* b, const float*, float* c,
                        ThreadPool& pool) {
    kernels::product_nt<float>({a, m, k}, {b, n, k}, {c, m, n}, pool);
  });
}
BENCHMARK(ProductNn)->Apply(shapes);
BENCHMARK(ProductTn)->Apply(shapes);
BENCHMARK(ProductNt)->Apply(shapes);

/// The same product on each target of this machine, best first.
void ProductOnTarget(benchmark::State& state) {
  const std::vector<std::string> targets = kernels::available_targets();
  const auto index = static_cast<std::size_t>(state.range(3));
  if (index >= targets.size()) return state.SkipWithError("no such target here");
  kernels::set_target(targets[index]);
  state.SetLabel(targets[index]);
  ProductNn(state);
  kernels::set_target("auto");
}
BENCHMARK(ProductOnTarget)->ArgsProduct({{128}, {256}, {256}, {0, 1, 2}});

constexpr int64_t kElements = 8192;

void activate(benchmark::State& state) {
  const auto activation = static_cast<Activation>(state.range(0));
  state.SetLabel(std::string(name(activation)));
  const AlignedBuffer<float> z = filled(kElements);
  AlignedBuffer<float> a(kElements), delta = filled(kElements);
  for (auto _ : state) {
    kernels::activate<float>(activation, {z.data(), 1, kElements}, {a.data(), 1, kElements});
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * kElements);
}
BENCHMARK(activate)->DenseRange(0, 12);

void multiply_slope(benchmark::State& state) {
  const auto activation = static_cast<Activation>(state.range(0));
  state.SetLabel(std::string(name(activation)));
  const AlignedBuffer<float> z = filled(kElements), a = filled(kElements);
  AlignedBuffer<float> delta(kElements);  // zeros: no product of slopes may run away
  for (auto _ : state) {
    kernels::multiply_slope<float>(activation, {z.data(), 1, kElements}, {a.data(), 1, kElements},
                                   {delta.data(), 1, kElements});
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * kElements);
}
BENCHMARK(multiply_slope)->DenseRange(0, 12);

void adam_update(benchmark::State& state) {
  const AlignedBuffer<float> g = filled(kElements);
  AlignedBuffer<float> theta = filled(kElements), m(kElements), v(kElements);
  const kernels::AdamStep<float> step = {0.9f, 0.999f, 0.1f, 0.001f, 1e-4f, 1e-8f, 1.0f};
  for (auto _ : state) {
    kernels::adam_update<float>(theta.span(), g.span(), m.span(), v.span(), step);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * kElements);
}
BENCHMARK(adam_update);

void sgd_update(benchmark::State& state) {
  const AlignedBuffer<float> g = filled(kElements);
  AlignedBuffer<float> theta = filled(kElements);
  for (auto _ : state) {
    kernels::sgd_update<float>(theta.span(), g.span(), 1e-4f);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * kElements);
}
BENCHMARK(sgd_update);

void softmax_cross_entropy(benchmark::State& state) {
  const int64_t columns = state.range(0), rows = 64;
  const AlignedBuffer<float> z = filled(rows * columns);
  AlignedBuffer<float> labels(rows), delta(rows * columns), losses(rows);
  for (auto _ : state) {
    kernels::softmax_cross_entropy_rows<float>({.z = {z.data(), rows, columns},
                                                .y = {labels.data(), rows, 1},
                                                .scale = 1.0f,
                                                .delta = {delta.data(), rows, columns},
                                                .losses = losses.span()},
                                               0.0);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * rows * columns);
}
BENCHMARK(softmax_cross_entropy)->Arg(10)->Arg(100);

void blocked_sum(benchmark::State& state) {
  const AlignedBuffer<float> values = filled(kElements);
  for (auto _ : state) benchmark::DoNotOptimize(kernels::blocked_sum<float>(values.span()));
  state.SetItemsProcessed(state.iterations() * kElements);
}
BENCHMARK(blocked_sum);

}  // namespace
}  // namespace gradus
