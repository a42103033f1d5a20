#include "measure.h"

#include <dlfcn.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <thread>

namespace gradus::bench {
namespace {

std::vector<int> allowed_cores() {
  static const std::vector<int> cores = [] {  // before the first pinning
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(getpid(), sizeof set, &set);
    std::vector<int> found;
    for (int core = 0; core < CPU_SETSIZE; ++core)
      if (CPU_ISSET(static_cast<std::size_t>(core), &set)) found.push_back(core);
    return found;
  }();
  return cores;
}

void pin(pid_t thread, int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  sched_setaffinity(thread, sizeof set, &set);
}

/// Repeats that take about `seconds`, found by doubling: the first ones meet cold caches and sleeping threads.
int64_t repeats_for(const Work& work, double seconds) {
  int64_t repeats = 1;
  for (;;) {
    double taken = work(repeats);
    for (int again = 0; again < 2 && taken < seconds; ++again) taken = std::min(taken, work(repeats));
    if (taken >= seconds / 4) return std::max<int64_t>(1, std::llround(static_cast<double>(repeats) * seconds / taken));
    repeats *= 2;
  }
}

template <typename Function>
void call_if_loaded(const char* name, int argument) {
  if (void* symbol = dlsym(RTLD_DEFAULT, name)) reinterpret_cast<Function*>(symbol)(argument);
}

/// One sample of one contender, once the threads of the one before, which spin for a while after their work, sleep and
/// leave their core to it. A repeat before it brings back what the others drove from the caches: training and
/// prediction go on and on.
double sample(const Work& work, int64_t repeats, const Effort& effort) {
  std::this_thread::sleep_for(effort.rest);
  work(1);
  return work(repeats);
}

}  // namespace

void pin_threads() {
  const std::vector<int> cores = allowed_cores();
  std::size_t next = 0;
  pin(getpid(), cores[0]);
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    const pid_t thread = std::stoi(entry.path().filename());
    if (thread == getpid()) continue;
    pin(thread, cores[std::min(cores.size() - 1, 1 + next++ % std::max<std::size_t>(1, cores.size() - 1))]);
  }
}

void set_rival_threads(int threads) {
  call_if_loaded<void(int)>("omp_set_num_threads", threads);
  call_if_loaded<void(int)>("openblas_set_num_threads", threads);
}

std::vector<double> best_seconds(const std::vector<Work>& works, const Effort& effort) {
  std::vector<int64_t> repeats(works.size(), 0);
  std::vector<double> best(works.size(), 0.0);
  double round_seconds = 0.0;
  for (std::size_t i = 0; i < works.size(); ++i) {
    if (!works[i]) continue;
    pin_threads();  // those made with the work; a helper on the caller's core would spoil the count
    repeats[i] = repeats_for(works[i], effort.sample_seconds);
    pin_threads();  // those made by its first run
    best[i] = std::numeric_limits<double>::infinity();
    round_seconds += sample(works[i], repeats[i], effort);
  }
  const double wanted = std::ceil(effort.row_seconds / std::max(round_seconds, 1e-9));
  const int rounds = static_cast<int>(std::clamp<double>(wanted, effort.min_rounds, effort.max_rounds));
  for (int round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < works.size(); ++i)
      if (works[i]) best[i] = std::min(best[i], sample(works[i], repeats[i], effort) / static_cast<double>(repeats[i]));
  return best;
}

}  // namespace gradus::bench
