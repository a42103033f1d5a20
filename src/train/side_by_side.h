// Independent jobs on several threads.
#pragma once

#include <cstdint>
#include <functional>

namespace gradus {

/// Calls job(i) for i = 0 .. count - 1, each once, started in order by whichever of `threads` threads is free. Once a
/// job has thrown, or `stop` (empty: never) says so, no more are started; then the error of the lowest i is thrown,
/// which is the same one whatever the threads. Where the system has no more threads, those there are do the work.
void side_by_side(int64_t count, int threads, const std::function<void(int64_t)>& job,
                  const std::function<bool()>& stop = {});

}  // namespace gradus
