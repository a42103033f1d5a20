// Every float32 input of every function of kernels/math.h against double, on two threads: about a quarter of an hour.
// Prints the worst error of each in units of the last place and fails above 2.
#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <thread>
#include <vector>

#include "kernels/math_reference.h"

namespace {

using gradus::kernels::Function;

struct Worst {
  double error = 0.0;
  float at = 0.0f;
};

Worst sweep(const Function<float, double>& function, uint64_t first, uint64_t last) {
  Worst worst;
  for (uint64_t bits = first; bits < last; ++bits) {
    const float x = std::bit_cast<float>(static_cast<uint32_t>(bits));
    const double exact = function.reference(static_cast<double>(x));
    const double error = gradus::kernels::ulp_error<float, double>(function.ours(x), exact);
    if (error > worst.error) worst = {error, x};
  }
  return worst;
}

Worst sweep_all(const Function<float, double>& function) {
  constexpr uint64_t kAll = uint64_t{1} << 32;
  Worst halves[2];
  std::thread other([&] { halves[1] = sweep(function, kAll / 2, kAll); });
  halves[0] = sweep(function, 0, kAll / 2);
  other.join();
  return halves[0].error >= halves[1].error ? halves[0] : halves[1];
}

}  // namespace

int main() {
  bool passed = true;
  for (const auto& function : gradus::kernels::functions<float, double>(2.0)) {
    const Worst worst = sweep_all(function);
    fmt::print("{:<10} {:.3f} ulp at {}\n", function.name, worst.error, worst.at);
    passed = passed && worst.error <= function.max_ulp;
  }
  return passed ? 0 : 1;
}
