// Sums whose order is fixed by the bit contract.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "gradus/matrix_view.h"

namespace gradus::kernels {

/// Contract point 3: blocks of 256 elements, each summed in order in double, then one fixed pairwise tree over the
/// blocks (neighbours first; an odd one out passes up).
template <typename T>
double blocked_sum(std::span<const T> values) noexcept;
/// The same order over v * v.
template <typename T>
double blocked_sum_of_squares(std::span<const T> values) noexcept;
/// The same order over a * b.
template <typename T>
double blocked_dot(std::span<const T> a, std::span<const T> b) noexcept;

/// The same fixed order for values that arrive one at a time, in constant memory: add every value in order, then take
/// `total`.
class BlockedSum {
 public:
  void add(double value) noexcept;
  /// The same as adding each in order, several blocks side by side.
  void add(std::span<const double> values) noexcept;
  double total() const noexcept;
  int64_t count() const noexcept { return count_; }

  /// All that the sum is made of, so that another can go on from it: counts to 2^53 are exact.
  using Parts = std::array<double, 66>;
  Parts parts() const noexcept;
  static BlockedSum from(const Parts& parts) noexcept;

 private:
  void carry_block() noexcept;

  double block_ = 0.0;      // the running block of up to 256 values
  double levels_[64] = {};  // levels_[l]: sum of 2^l whole blocks, present where bit l of the block count is set
  int64_t count_ = 0;
};

/// True when every value is finite.
template <typename T>
bool all_finite(std::span<const T> values) noexcept;

}  // namespace gradus::kernels
