// What the kernel tests share: every target in turn, awkward matrices, bits to compare.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "gradus/matrix_view.h"

#include "base/random.h"
#include "kernels/target.h"

namespace gradus::kernels {

/// Calls body() on every target of this machine, then puts the best one back.
template <typename Body>
void on_every_target(const Body& body) {
  for (const std::string& target : available_targets()) {
    SCOPED_TRACE(target);
    ASSERT_TRUE(set_target(target));
    body();
  }
  set_target("auto");
}

/// Equal bits, or both NaN: payloads are outside the contract.
template <typename T>
bool same_bits(T x, T y) {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  return (std::isnan(x) && std::isnan(y)) || std::bit_cast<Bits>(x) == std::bit_cast<Bits>(y);
}

template <typename T>
::testing::AssertionResult same_bits(const std::vector<T>& x, const std::vector<T>& y) {
  if (x.size() != y.size()) return ::testing::AssertionFailure() << "sizes " << x.size() << " and " << y.size();
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!same_bits(x[i], y[i]))
      return ::testing::AssertionFailure() << "element " << i << ": " << x[i] << " and " << y[i];
  return ::testing::AssertionSuccess();
}

/// How values are drawn: plain ones, or with NaN, infinities, denormals, zeros of both signs and huge values among
/// them.
enum class Values { plain, special };

template <typename T>
std::vector<T> draw(int64_t count, uint64_t seed, Values values = Values::plain) {
  using Limits = std::numeric_limits<T>;
  const RandomStream stream(seed, Purpose::shuffle);
  const T specials[] = {Limits::quiet_NaN(),
                        Limits::infinity(),
                        -Limits::infinity(),
                        Limits::denorm_min(),
                        -Limits::denorm_min(),
                        T(0),
                        -T(0),
                        Limits::max(),
                        Limits::min()};
  std::vector<T> out(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<T>(4.0 * stream.uniform(i) - 2.0);
    const uint64_t dice = stream.below(i, 64);
    if (values == Values::special && dice < std::size(specials)) out[i] = specials[dice];
  }
  return out;
}

/// A matrix with gaps between its rows, off every alignment but T's own, in a frame of sentinels that must survive.
template <typename T>
class AwkwardMatrix {
 public:
  AwkwardMatrix(int64_t rows, int64_t columns, int64_t gap, uint64_t seed, Values values = Values::plain)
      : rows_(rows),
        columns_(columns),
        stride_(columns + gap),
        memory_(static_cast<std::size_t>(rows * stride_ + 2 * kFrame), kSentinel) {
    const std::vector<T> drawn = draw<T>(rows * columns, seed, values);
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j) view()(i, j) = drawn[static_cast<std::size_t>(i * columns + j)];
  }

  MatrixView<T> view() { return {memory_.data() + kFrame, rows_, columns_, stride_}; }
  MatrixView<const T> view() const { return {memory_.data() + kFrame, rows_, columns_, stride_}; }

  std::vector<T> values() const {
    std::vector<T> out;
    for (int64_t i = 0; i < rows_; ++i)
      for (int64_t j = 0; j < columns_; ++j) out.push_back(view()(i, j));
    return out;
  }

  bool frame_intact() const {
    for (std::size_t at = 0; at < memory_.size(); ++at) {
      const int64_t inside = static_cast<int64_t>(at) - kFrame;
      const bool in_matrix = inside >= 0 && inside < rows_ * stride_ && inside % stride_ < columns_;
      if (!in_matrix && memory_[at] != kSentinel) return false;
    }
    return true;
  }

 private:
  static constexpr int64_t kFrame = 3;
  static constexpr T kSentinel = T(12345);
  int64_t rows_, columns_, stride_;
  std::vector<T> memory_;
};

}  // namespace gradus::kernels
