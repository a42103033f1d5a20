#include "train/side_by_side.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace gradus {
namespace {

class Jobs {
 public:
  Jobs(int64_t count, const std::function<void(int64_t)>& job, const std::function<bool()>& stop)
      : count_(count), job_(job), stop_(stop) {}

  void work() {
    for (int64_t i = take(); i < count_; i = take()) {
      try {
        job_(i);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (i >= failed_) continue;
        failed_ = i;
        error_ = std::current_exception();
      }
    }
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  int64_t take() {
    const std::lock_guard lock(mutex_);
    return error_ || (stop_ && stop_()) ? count_ : next_++;
  }

  int64_t count_;
  const std::function<void(int64_t)>& job_;
  const std::function<bool()>& stop_;
  std::mutex mutex_;
  int64_t next_ = 0;
  int64_t failed_ = count_;
  std::exception_ptr error_;
};

}  // namespace

void side_by_side(int64_t count, int threads, const std::function<void(int64_t)>& job,
                  const std::function<bool()>& stop) {
  Jobs jobs(count, job, stop);
  std::vector<std::thread> helpers;
  try {
    while (std::ssize(helpers) + 1 < std::min<int64_t>(threads, count)) helpers.emplace_back([&jobs] { jobs.work(); });
  } catch (const std::system_error&) {
    // Fewer threads, the same results.
  }
  jobs.work();
  for (std::thread& helper : helpers) helper.join();
  jobs.rethrow();
}

}  // namespace gradus
