#include "nn/dropout.h"

#include <algorithm>

namespace gradus {
namespace {

/// Room for 2^24 units a layer and 2^32 rows a batch in one stream; the op enters through the seed's upper bits.
RandomStream stream_for(const DropoutDraws& draws, int64_t op_index) {
  const uint64_t seed = draws.seed ^ (static_cast<uint64_t>(op_index + 1) << 48);
  return RandomStream(seed, Purpose::dropout, draws.epoch, draws.step);
}

}  // namespace

template <typename T>
void dropout_forward(double rate, const DropoutDraws& draws, int64_t op_index, MatrixView<const T> x,
                     MatrixView<T> mask, MatrixView<T> out) noexcept {
  const RandomStream stream = stream_for(draws, op_index);
  const auto threshold = static_cast<uint32_t>(rate * 0x1p32);
  const T keep = static_cast<T>(1.0 / (1.0 - rate));
  const int64_t units = x.columns();
  for (int64_t row = 0; row < x.rows(); ++row) {
    for (int64_t unit = 0; unit < units; unit += 4) {  // one Philox block serves four neighbouring units
      const auto words = stream.words(static_cast<uint64_t>(row) << 32 | static_cast<uint64_t>(unit));
      for (int64_t k = 0; k < std::min<int64_t>(4, units - unit); ++k) {
        const T m = words[static_cast<std::size_t>(k)] < threshold ? T(0) : keep;
        mask(row, unit + k) = m;
        out(row, unit + k) = x(row, unit + k) * m;
      }
    }
  }
}

template <typename T>
void dropout_backward(MatrixView<const T> mask, MatrixView<T> delta) noexcept {
  for (int64_t row = 0; row < delta.rows(); ++row)
    for (int64_t unit = 0; unit < delta.columns(); ++unit) delta(row, unit) *= mask(row, unit);
}

template void dropout_forward(double, const DropoutDraws&, int64_t, MatrixView<const float>, MatrixView<float>,
                              MatrixView<float>) noexcept;
template void dropout_forward(double, const DropoutDraws&, int64_t, MatrixView<const double>, MatrixView<double>,
                              MatrixView<double>) noexcept;
template void dropout_backward(MatrixView<const float>, MatrixView<float>) noexcept;
template void dropout_backward(MatrixView<const double>, MatrixView<double>) noexcept;

}  // namespace gradus
