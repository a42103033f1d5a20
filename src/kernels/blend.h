// Two values of each unit in a learned proportion. Elementwise, rounded as the naive twins write it.
#pragma once

#include <span>

namespace gradus::kernels {

/// out = z + share (a - z), product and sum with one rounding.
template <typename T>
void blend(std::span<const T> z, std::span<const T> a, std::span<const T> share, std::span<T> out) noexcept;

/// What dJ/dout sends to both: to_z = (1 - share) delta, then delta *= share, which is a's.
template <typename T>
void blend_back(std::span<const T> share, std::span<T> delta, std::span<T> to_z) noexcept;

}  // namespace gradus::kernels
