// One training step of a relu network with a softmax head under Adam, in Gradus and in libtorch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gradus_bench {

struct Network {
  std::vector<int64_t> widths;  ///< inputs, hidden layers, classes
  int64_t batch;
};

/// The best seconds a step over several rounds of `steps`, on one thread.
double libtorch_seconds_per_step(const Network& network, int rounds, int steps);

/// The file libtorch's sgemm comes from. Its speed is that of this library: Debian's reference BLAS is ten times slower
/// than libopenblas0-pthread, and a ratio to it means nothing.
std::string libtorch_blas();

}  // namespace gradus_bench
