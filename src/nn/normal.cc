#include "nn/normal.h"

#include <array>
#include <cmath>

#include "kernels/math.h"

namespace gradus {

double normal_draw(const RandomStream& stream, uint64_t index) {
  const std::array<uint32_t, 4> w = stream.words(index);
  const auto open = [](uint32_t high, uint32_t low) {  // (0, 1]
    return (static_cast<double>((static_cast<uint64_t>(high) << 32 | low) >> 11) + 1.0) * 0x1p-53;
  };
  return std::sqrt(-2.0 * kernels::log(open(w[0], w[1]))) * kernels::cos_2pi(open(w[2], w[3]));
}

}  // namespace gradus
