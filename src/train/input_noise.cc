#include "train/input_noise.h"

#include <array>
#include <cmath>

#include "base/random.h"
#include "kernels/math.h"

namespace gradus {
namespace {

/// In (0, 1].
double open_uniform(uint32_t high, uint32_t low) noexcept {
  return (static_cast<double>((static_cast<uint64_t>(high) << 32 | low) >> 11) + 1.0) * 0x1p-53;
}

}  // namespace

template <typename T>
void add_input_noise(double deviation, const DropoutDraws& draws, MatrixView<const T> x, MatrixView<T> out) noexcept {
  const RandomStream stream(draws.seed, Purpose::input_noise, draws.epoch, draws.step);
  for (int64_t row = 0; row < x.rows(); ++row) {
    for (int64_t j = 0; j < x.columns(); ++j) {
      // Box & Muller (1958), its cosine branch.
      const auto w = stream.words(static_cast<uint64_t>((draws.first_row + row) * x.columns() + j));
      const double radius = std::sqrt(-2.0 * kernels::log(open_uniform(w[0], w[1])));
      out(row, j) = x(row, j) + static_cast<T>(deviation * radius * kernels::cos_2pi(open_uniform(w[2], w[3])));
    }
  }
}

template void add_input_noise(double, const DropoutDraws&, MatrixView<const float>, MatrixView<float>) noexcept;
template void add_input_noise(double, const DropoutDraws&, MatrixView<const double>, MatrixView<double>) noexcept;

}  // namespace gradus
