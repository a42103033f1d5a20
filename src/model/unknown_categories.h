// What to say when rows hold categories that training never saw.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "data/encoder.h"

namespace gradus {

/// One warning a column. `counts` by encoder column. Returns their sum.
int64_t warn_of_unknown_categories(const Encoder& encoder, std::span<const int64_t> counts,
                                   const std::function<void(const std::string&)>& on_warning);

}  // namespace gradus
