#include "nn/members.h"

#include <algorithm>

namespace gradus {

template <typename T>
void add_member(int64_t index, int64_t members, MatrixView<const T> logits, MatrixView<T> mean) noexcept {
  for (int64_t row = 0; row < logits.rows(); ++row) {
    const T* from = logits.row(row).data();
    T* to = mean.row(row).data();
    if (index == 0) {
      std::copy_n(from, logits.columns(), to);
    } else {
      for (int64_t k = 0; k < logits.columns(); ++k) to[k] += from[k];
    }
    for (int64_t k = 0; index + 1 == members && k < logits.columns(); ++k) to[k] /= static_cast<T>(members);
  }
}

template void add_member(int64_t, int64_t, MatrixView<const float>, MatrixView<float>) noexcept;
template void add_member(int64_t, int64_t, MatrixView<const double>, MatrixView<double>) noexcept;

}  // namespace gradus
