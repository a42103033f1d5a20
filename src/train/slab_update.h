// The gradient of one affine op and its update, slab by slab: a slab of the weight's rows gets its gradient, which is
// applied while it is still in cache and never reaches memory.
#pragma once

#include <span>

#include "gradus/matrix_view.h"
#include "gradus/network.h"

#include "base/thread_pool.h"
#include "optim/optimizer.h"

namespace gradus {

template <typename T>
struct SlabUpdate {
  const AffineLayout& layout;
  MatrixView<const T> a;      ///< what the op read, (rows x inputs)
  MatrixView<const T> delta;  ///< (rows x outputs)
  T lambda_over_m;            ///< of the weights' L2 term
};

/// One step of `optimizer`, already begun, on one op's part of the flat `parameters`. `gradients`, of the same layout,
/// is working space. The bits are those of the whole gradient applied at once: every element is the same chain, and
/// the rules are elementwise.
template <typename T>
void update_by_slabs(const SlabUpdate<T>& update, std::span<T> parameters, std::span<T> gradients,
                     Optimizer<T>& optimizer, ThreadPool& pool) noexcept;

}  // namespace gradus
