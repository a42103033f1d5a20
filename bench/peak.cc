// Compiled for the machine it runs on (-march=native), so that the vectors below are the widest it has.
#include "peak.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

namespace gradus::bench {
namespace {

#if defined(__AVX512F__)
constexpr std::size_t kVectorBytes = 64;
#elif defined(__AVX__)
constexpr std::size_t kVectorBytes = 32;
#else
constexpr std::size_t kVectorBytes = 16;
#endif
// Two units of latency 4 keep 8 chains busy, latency 5 keeps 10; more than 14 leave no registers on AVX2.
constexpr int kChains = 12;
constexpr int64_t kSteps = 20000;

using Vector = float __attribute__((vector_size(kVectorBytes)));

/// x <- x * 0.5 + 0.25 from anywhere tends to 0.5: finite, normal, and not foldable.
float run_chains() {
  Vector chains[kChains];
  for (int i = 0; i < kChains; ++i) chains[i] = Vector{} + static_cast<float>(i);
  Vector factor = Vector{} + 0.5f, addend = Vector{} + 0.25f;
  for (int64_t step = 0; step < kSteps; ++step) {
    // The compiler may know nothing of the two operands, or it would run the recurrence itself.
    asm volatile("" : "+x"(factor), "+x"(addend));
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) chains[i] = chains[i] * factor + addend;
  }
  Vector sum = {};
  for (const Vector& chain : chains) sum += chain;
  return sum[0];
}

void run_repeats(int64_t repeats) {
  for (int64_t i = 0; i < repeats; ++i) {
    volatile float kept = run_chains();
    (void)kept;
  }
}

/// Threads that start together when told and say when they are done.
class Crew {
 public:
  explicit Crew(int helpers) {
    for (int i = 0; i < helpers; ++i) threads_.emplace_back([this] { help(); });
  }
  ~Crew() {
    stop_ = true;
    order_.fetch_add(1);
    order_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void run(int64_t repeats) {
    repeats_ = repeats;
    running_ = static_cast<int>(threads_.size());
    order_.fetch_add(1);
    order_.notify_all();
    run_repeats(repeats);
    while (running_.load() != 0) {
    }
  }

 private:
  void help() {
    for (uint64_t seen = 0;;) {
      order_.wait(seen);
      seen = order_.load();
      if (stop_) return;
      run_repeats(repeats_);
      running_.fetch_sub(1);
    }
  }

  std::atomic<uint64_t> order_ = 0;
  std::atomic<int> running_ = 0;
  std::atomic<bool> stop_ = false;
  int64_t repeats_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace

double peak_flops(int threads) {
  return 2.0 * threads * kChains * static_cast<double>(kSteps) * static_cast<double>(kVectorBytes / sizeof(float));
}

Work peak_work(int threads) {
  if (threads == 1) return [](int64_t repeats) { return timed([repeats] { run_repeats(repeats); })(1); };
  const auto crew = std::make_shared<Crew>(threads - 1);
  return [crew](int64_t repeats) { return timed([&] { crew->run(repeats); })(1); };
}

}  // namespace gradus::bench
