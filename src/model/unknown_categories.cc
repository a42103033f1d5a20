#include "model/unknown_categories.h"

#include <fmt/format.h>

#include "base/quote.h"

namespace gradus {

int64_t warn_of_unknown_categories(const Encoder& encoder, std::span<const int64_t> counts,
                                   const std::function<void(const std::string&)>& on_warning) {
  int64_t total = 0;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    total += counts[c];
    if (counts[c] == 0 || !on_warning) continue;
    on_warning(fmt::format("column {}: {} {} a category that training didn't see, taken as `unknown`",
                           in_quotes(encoder.columns[c].name), counts[c],
                           counts[c] == 1 ? "cell holds" : "cells hold"));
  }
  return total;
}

}  // namespace gradus
