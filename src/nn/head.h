// What a head implies: kinds of loss, widths of targets, and the values that predictions are made of.
#pragma once

#include <cstdint>

#include "gradus/matrix_view.h"
#include "gradus/network.h"

namespace gradus {

inline constexpr double kMostFocalGamma = 100.0;

/// Losses of numbers on a = g(z): the head's activation is theirs to choose.
bool has_output_activation(Loss loss) noexcept;
/// Losses over a softmax, whose target is one column of class indices.
bool has_softmax(Loss loss) noexcept;
/// Losses that see each output on its own as a yes or no, predicted by its sigmoid.
bool has_sigmoids(Loss loss) noexcept;

/// Outputs that one target has: its quantiles, else 1.
int64_t outputs_per_target(const Head& head) noexcept;
/// Which of a target's outputs predicts it: the quantile nearest to 1/2, the lower of two as near.
int64_t central_output(const Head& head) noexcept;

/// Columns of the target matrix that a head with `outputs` units learns from.
int64_t target_width(const Head& head, int64_t outputs) noexcept;

/// Throws Error(usage) when a parameter of the head is out of range.
void check_head(const Head& head);

/// The values behind the head, logits over their temperatures: probabilities of the softmax or sigmoids, g(z), exp(z)
/// for poisson, the quantiles. `out` may be `logits`.
template <typename T>
void head_outputs(const Head& head, const MatrixView<const T>& logits, const MatrixView<T>& out) noexcept;

}  // namespace gradus
