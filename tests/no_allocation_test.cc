// After construction a training step and a prediction allocate nothing: every operator new counted.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "gradus/predictor.h"
#include "gradus/trainer.h"

namespace {
std::atomic<int64_t> allocations{0};
}

// Replacing the global operators is the standard's own way to watch them. Not inlined: a compiler that sees malloc
// behind one and not the other warns of a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  const auto align = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(align, (size + align - 1) / align * align)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace gradus {
namespace {

template <typename Body>
int64_t allocations_in(const Body& body) {
  const int64_t before = allocations.load();
  body();
  return allocations.load() - before;
}

class NoAllocation : public testing::Test {
 protected:
  NoAllocation()
      : network_(multilayer(7, std::vector<HiddenLayer>{{300, Activation::silu, 0.2}, {160, Activation::gelu, 0.0}}, 3,
                            {Loss::softmax_cross_entropy, Activation::identity})),
        x_(100 * 7, 0.5f),
        y_(100, 1.0f) {
    network_.initialize(1);
  }

  MatrixView<const float> x() const { return {x_.data(), 100, 7}; }
  MatrixView<const float> y() const { return {y_.data(), 100, 1}; }

  Network network_;
  std::vector<float> x_, y_;
};

TEST_F(NoAllocation, InAnEpochOfAnySolver) {
  for (const Solver solver : {Solver::sgd, Solver::momentum, Solver::nesterov, Solver::adam, Solver::adamw}) {
    for (const int threads : {1, 2}) {
      Trainer trainer(network_,
                      {.solver = solver, .learning_rate = 1e-3, .l2 = 0.1, .batch_size = 32, .threads = threads}, 100);
      EXPECT_EQ(allocations_in([&] {
                  trainer.train_epoch(x(), y());
                  trainer.train_epoch(x(), y());
                }),
                0)
          << name(solver);
    }
  }
}

TEST_F(NoAllocation, InAnEpochWithEveryRegulariser) {
  Network network(multilayer(7, std::vector<HiddenLayer>{{300, Activation::elu, 0.2}}, 3, {}));
  network.initialize(1);
  const std::vector<float> y(300, 1.0f);
  for (const int threads : {1, 2}) {
    Trainer trainer(network,
                    {.solver = Solver::rmsprop,
                     .l2 = 0.1,
                     .l1 = 0.1,
                     .weight_decay = 0.1,
                     .clip_value = 0.1,
                     .clip_norm = 0.1,
                     .max_norm = 1.0,
                     .input_noise = 0.1,
                     .monotone = {1, 0, -1, 0, 0, 0, 0},
                     .batch_size = 32,
                     .ema = 0.9,
                     .threads = threads},
                    100);
    EXPECT_EQ(allocations_in([&] { trainer.train_epoch(x(), {y.data(), 100, 3}); }), 0);
  }
}

TEST_F(NoAllocation, InAnEpochAndAPredictionWithNormsAndResiduals) {
  for (const Normalization normalization : {Normalization::batch, Normalization::layer}) {
    const std::vector<HiddenLayer> layers(3, {50, Activation::elu, 0.2, normalization, true});
    Network network(multilayer(7, layers, 3, {Loss::softmax_cross_entropy, Activation::identity}));
    network.initialize(1);
    Trainer trainer(network, {.batch_size = 32, .threads = 2}, 100);
    EXPECT_EQ(allocations_in([&] { trainer.train_epoch(x(), y()); }), 0);
    Predictor predictor(network, 8);
    std::vector<float> out(300);
    EXPECT_EQ(allocations_in([&] {
                predictor.predict(x(), {out.data(), 100, 3});
                predictor.predict(x().row(5), std::span(out).first(3));
              }),
              0);
  }
}

TEST_F(NoAllocation, InAnEpochInShards) {
  Trainer trainer(network_, {.learning_rate = 1e-3, .batch_size = 32, .shards = 5}, 100);
  EXPECT_EQ(allocations_in([&] { trainer.train_epoch(x(), y()); }), 0);
}

TEST_F(NoAllocation, InAPrediction) {
  Predictor predictor(network_, 8);
  std::vector<float> out(300);
  EXPECT_EQ(allocations_in([&] {
              predictor.predict(x(), {out.data(), 100, 3});
              predictor.predict(x().row(5), std::span(out).first(3));
            }),
            0);
  Predictor threaded(network_, 100, 2);
  EXPECT_EQ(allocations_in([&] { threaded.predict(x(), {out.data(), 100, 3}); }), 0);
}

TEST_F(NoAllocation, IsCountedAtAll) {
  EXPECT_GT(allocations_in([this] { Predictor(network_, 8); }), 1);
  // Called directly: a compiler may leave out an allocation made by a new-expression, but not a call.
  EXPECT_GT(allocations_in([] { ::operator delete(::operator new(64)); }), 0);
}

}  // namespace
}  // namespace gradus
