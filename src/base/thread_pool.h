// A fixed set of threads that split outputs. Which thread computes what never changes a result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/pages.h"

namespace gradus {

/// `threads` - 1 workers besides the caller. Workers spin briefly, then sleep. One caller at a time.
class ThreadPool {
 public:
  explicit ThreadPool(int threads = 1);
  ~ThreadPool();
  ThreadPool(ThreadPool&&) noexcept;
  ThreadPool& operator=(ThreadPool&&) noexcept;

  int threads() const noexcept;

  /// kScratch bytes for the thread that works on part `part` < threads() of a run; what they hold does not outlive the
  /// part. 64-byte aligned; untouched pages cost nothing.
  static constexpr std::size_t kScratch = std::size_t{640} << 10;
  std::byte* scratch(int64_t part) noexcept { return scratch_.data() + static_cast<std::size_t>(part) * kScratch; }

  /// Calls body(part) for part = 0 .. parts - 1, spread over the threads; returns when all are done. Allocates nothing.
  /// `body` must not throw.
  template <typename Body>
  void run(int64_t parts, const Body& body) noexcept {
    run_erased(parts, &body, [](const void* context, int64_t part) { (*static_cast<const Body*>(context))(part); });
  }

 private:
  using Call = void (*)(const void* context, int64_t part);
  void run_erased(int64_t parts, const void* context, Call call) noexcept;
  struct Impl;
  std::unique_ptr<Impl> impl_;
  Pages scratch_;
};

}  // namespace gradus
