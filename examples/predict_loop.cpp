// Prediction in a loop, as in a real-time thread: after the predictor is made, nothing allocates. To show it, this
// program counts every call of operator new.
#include <gradus/gradus.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

namespace {
std::atomic<int64_t> allocations{0};
}

// Not inlined: a compiler that sees malloc behind one and not the other warns of a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

int main() {
  const std::vector<gradus::HiddenLayer> hidden = {{128, gradus::Activation::relu}, {64, gradus::Activation::tanh}};
  gradus::Network network(gradus::multilayer(64, hidden, 10, {gradus::Loss::softmax_cross_entropy}));
  network.initialize(/*seed=*/1);
  gradus::Predictor predictor(network);

  std::vector<float> features(64);
  std::vector<float> probabilities(10);
  const int64_t before = allocations;
  double sum = 0.0;
  for (int row = 0; row < 10000; ++row) {
    for (std::size_t j = 0; j < features.size(); ++j)
      features[j] = static_cast<float>((static_cast<std::size_t>(row) * 31 + j * 17) % 101) / 101.0F;
    predictor.predict(features, probabilities);
    for (const float probability : probabilities) sum += probability;
  }
  const int64_t during = allocations - before;
  std::printf("10000 rows, probabilities sum to %.3f, %d allocations\n", sum, static_cast<int>(during));
  return during == 0 && sum > 9999.0 && sum < 10001.0 ? 0 : 1;
}
