// What an update rule carries from step to step: reached in parts by its steps, and by name for checkpoints, which must
// resume to the same bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "base/buffer.h"

namespace gradus {

template <typename T>
struct NamedArray {
  std::string_view name;
  std::span<T> values;  ///< one a parameter in canonical order, or several such runs one after another
};

struct NamedScalar {
  std::string_view name;
  double* value;
  double most = std::numeric_limits<double>::infinity();  ///< of a whole number from 0 on; infinity: any number
};

/// Views of a rule's own memory, valid as long as the rule is neither moved nor destroyed.
template <typename T>
struct RuleState {
  std::vector<NamedArray<T>> arrays = {};
  std::vector<NamedScalar> scalars = {};
};

/// `count` values of a rule's state from `first` on.
template <typename T>
std::span<T> part(AlignedBuffer<T>& state, int64_t first, std::size_t count) noexcept {
  return state.span().subspan(static_cast<std::size_t>(first), count);
}

}  // namespace gradus
