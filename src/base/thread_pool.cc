#include "base/thread_pool.h"

#include <atomic>
#include <thread>
#include <vector>

#include "base/float_mode.h"

namespace gradus {
namespace {

// Long enough to bridge the serial stretches of a training step, short enough not to burn a core between steps.
constexpr int kSpins = 4000;

void pause_briefly() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

struct ThreadPool::Impl {
  explicit Impl(int threads) : workers(static_cast<std::size_t>(threads - 1)) {
    for (auto& worker : workers) worker = std::thread([this] { work(); });
  }

  ~Impl() {
    stopping.store(true, std::memory_order_relaxed);
    generation.fetch_add(1, std::memory_order_release);
    generation.notify_all();
    for (auto& worker : workers) worker.join();
  }

  void work() noexcept {
    const FloatMode float_mode;
    uint64_t seen = 0;
    for (;;) {
      for (int spin = 0; spin < kSpins && generation.load(std::memory_order_acquire) == seen; ++spin) pause_briefly();
      generation.wait(seen, std::memory_order_acquire);
      seen = generation.load(std::memory_order_acquire);
      if (stopping.load(std::memory_order_relaxed)) return;
      take_parts();
      if (busy.fetch_sub(1, std::memory_order_acq_rel) == 1) busy.notify_one();
    }
  }

  void take_parts() noexcept {
    for (int64_t part = next.fetch_add(1, std::memory_order_relaxed); part < parts;
         part = next.fetch_add(1, std::memory_order_relaxed)) {
      call(context, part);
    }
  }

  std::vector<std::thread> workers;
  std::atomic<uint64_t> generation{0};  // counts runs; workers wait for it to change
  std::atomic<int64_t> next{0};
  std::atomic<int> busy{0};  // workers that have not finished the current run
  std::atomic<bool> stopping{false};
  int64_t parts = 0;
  const void* context = nullptr;
  Call call = nullptr;
};

ThreadPool::ThreadPool(int threads) : scratch_(static_cast<std::size_t>(threads) * kScratch) {
  if (threads > 1) impl_ = std::make_unique<Impl>(threads);
}
ThreadPool::~ThreadPool() = default;
ThreadPool::ThreadPool(ThreadPool&&) noexcept = default;
ThreadPool& ThreadPool::operator=(ThreadPool&&) noexcept = default;

int ThreadPool::threads() const noexcept {
  return impl_ ? static_cast<int>(impl_->workers.size()) + 1 : 1;
}

void ThreadPool::run_erased(int64_t parts, const void* context, Call call) noexcept {
  if (!impl_ || parts <= 1) {
    for (int64_t part = 0; part < parts; ++part) call(context, part);
    return;
  }
  Impl& pool = *impl_;
  pool.parts = parts;
  pool.context = context;
  pool.call = call;
  pool.next.store(0, std::memory_order_relaxed);
  pool.busy.store(static_cast<int>(pool.workers.size()), std::memory_order_relaxed);
  pool.generation.fetch_add(1, std::memory_order_release);
  pool.generation.notify_all();
  pool.take_parts();
  for (int spin = 0; spin < kSpins && pool.busy.load(std::memory_order_acquire) != 0; ++spin) pause_briefly();
  for (int left = pool.busy.load(std::memory_order_acquire); left != 0;
       left = pool.busy.load(std::memory_order_acquire))
    pool.busy.wait(left, std::memory_order_acquire);
}

}  // namespace gradus
