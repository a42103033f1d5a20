// The rows of a table that an objective sums over.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/matrix_view.h"

namespace gradus {

/// Targets as loss.h wants them.
template <typename T>
struct ObjectiveRows {
  MatrixView<const T> features;
  MatrixView<const T> targets;
  std::span<const uint32_t> rows;
};

}  // namespace gradus
