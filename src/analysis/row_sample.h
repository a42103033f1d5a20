// A few of many rows, the same ones every time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gradus {

/// At most `most` of `rows`, in their order: one drawn from each of as many stretches of equal length. All of them
/// where there are no more.
std::vector<uint32_t> sample_rows(std::span<const uint32_t> rows, std::size_t most);

}  // namespace gradus
