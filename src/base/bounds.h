// Options out of range: one wording everywhere.
#pragma once

#include <cstdint>
#include <string_view>

namespace gradus {

/// Each throws Error(usage), "what: found 0, expected at least 1", unless `value` is in range; NaN never is.
void check_at_least(std::string_view what, int64_t value, int64_t least);
/// from <= value < below.
void check_below(std::string_view what, double value, double from, double below);
/// from <= value <= to.
void check_range(std::string_view what, double value, double from, double to);

}  // namespace gradus
