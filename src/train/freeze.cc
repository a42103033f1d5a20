#include "train/freeze.h"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/error.h"

namespace gradus {

std::vector<bool> frozen_affines(std::span<const int64_t> layers, int64_t affines) {
  if (layers.empty()) return {};
  std::vector<bool> frozen(static_cast<std::size_t>(affines));
  for (const int64_t layer : layers) {
    if (layer < 1 || layer > affines)
      throw Error(ErrorCode::usage,
                  fmt::format("--freeze: found layer {}, expected layers from 1 to {}", layer, affines));
    frozen[static_cast<std::size_t>(layer - 1)] = true;
  }
  if (std::find(frozen.begin(), frozen.end(), false) == frozen.end())
    throw Error(ErrorCode::usage, fmt::format("--freeze: found all {} layers, expected one left to learn", affines));
  return frozen;
}

}  // namespace gradus
