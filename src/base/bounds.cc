#include "base/bounds.h"

#include <fmt/format.h>

#include "gradus/error.h"

namespace gradus {

void check_at_least(std::string_view what, int64_t value, int64_t least) {
  if (value < least)
    throw Error(ErrorCode::usage, fmt::format("{}: found {}, expected at least {}", what, value, least));
}

void check_below(std::string_view what, double value, double from, double below) {
  if (!(value >= from && value < below))
    throw Error(ErrorCode::usage,
                fmt::format("{}: found {}, expected at least {} and below {}", what, value, from, below));
}

void check_range(std::string_view what, double value, double from, double to) {
  if (!(value >= from && value <= to))
    throw Error(ErrorCode::usage, fmt::format("{}: found {}, expected {} to {}", what, value, from, to));
}

}  // namespace gradus
