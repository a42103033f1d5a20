#include "nn/dropout.h"

#include <algorithm>

#include "base/check.h"

namespace gradus {

template <typename T>
void dropout_forward(double rate, const DropoutDraws& draws, int64_t op_index, MatrixView<const T> x,
                     MatrixView<T> mask, MatrixView<T> out) noexcept {
  GRADUS_DCHECK(op_index < kMaxOps);
  const RandomStream stream(draws.seed, Purpose::dropout, draws.epoch, draws.step);
  rate *= draws.strength;
  const auto threshold = static_cast<uint32_t>(rate * 0x1p32);
  const T keep = static_cast<T>(1.0 / (1.0 - rate));
  const int64_t units = x.columns();
  const int64_t blocks = (units + 3) / 4;
  // The op in the upper 12 bits of 56, the place in the mask below: 2^44 blocks of four are more than memory holds.
  const uint64_t first = static_cast<uint64_t>(op_index) << 44;
  for (int64_t row = 0; row < x.rows(); ++row) {
    for (int64_t unit = 0; unit < units; unit += 4) {  // one Philox block serves four neighbouring units
      const auto words = stream.words(first + static_cast<uint64_t>((draws.first_row + row) * blocks + unit / 4));
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
