// Layers that keep their weights while the others learn.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gradus {

/// For each of `affines` affine ops whether `layers`, counted from 1, name it; empty when they name none. Throws
/// Error(usage) for a layer that isn't there, and when none is left to learn.
std::vector<bool> frozen_affines(std::span<const int64_t> layers, int64_t affines);

}  // namespace gradus
