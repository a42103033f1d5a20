// A network without its weights in a model's JSON: ops, head, precision.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <string>
#include <vector>

#include "gradus/names.h"
#include "gradus/network.h"

#include "model/strict_json.h"

namespace gradus {

/// Far beyond any network; a description may not be larger than its weights.
inline constexpr std::size_t kMostOps = 50'000;

struct NetworkDescription {
  NetworkSpec spec;
  Precision precision = Precision::float32;
};

Json network_json(const NetworkSpec& network, Precision precision);

/// The network; layers chain and sizes are in range, nothing is allocated for them.
NetworkDescription network_from_json(const JsonField& root);

/// The value called so, as `parse` in names.h, but a name from a file is data and not usage.
template <typename Enum>
Enum enum_from(const JsonField& field) {
  const std::vector<std::string>& known = names<Enum>();
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (field.text() == known[i]) return static_cast<Enum>(i);
  }
  field.fail(fmt::format("one of {}", fmt::join(known, ", ")));
}

}  // namespace gradus
