// The kernels against their naive twins: the same bits on every target of this machine, and nothing written outside.
// The first byte chooses which.
#include <cstddef>
#include <cstdint>

#include "kernels_support.h"

namespace {

using namespace gradus::kernels;

template <typename T>
void run(int family, Choices& choices) {
  switch (family) {
    case 0:
      return fuzz_products<T>(choices);
    case 1:
      return fuzz_dense_layers<T>(choices);
    case 2:
      return fuzz_losses<T>(choices);
    case 3:
      return fuzz_quantiles<T>(choices);
    case 4:
      return fuzz_updates<T>(choices);
    case 5:
      return fuzz_normalise<T>(choices);
    case 6:
      return fuzz_sums<T>(choices);
    case 7:
      return fuzz_small_network<T>(choices);
    case 8:
      return fuzz_cholesky(choices);
    default:
      return fuzz_numbers(choices);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  Choices choices(data, size);
  const int family = choices.below(20);
  if (family % 2 == 0) {
    run<float>(family / 2, choices);
  } else {
    run<double>(family / 2, choices);
  }
  return 0;
}
