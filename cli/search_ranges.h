// What `gradus tune` searches over, as it is written: "learning-rate=1e-4..1e-1 log", "hidden=64|128,64".
#pragma once

#include <string>
#include <vector>

#include "gradus/tune.h"

#include "flags.h"

namespace gradus::cli {

/// The ranges that --range and a config file's [tune] give, each over one of `searchable`. Throws Error(usage) for one
/// that can't be read, and for an option that is unknown, is given as well, or can't be searched over.
std::vector<SearchRange> search_ranges(const Flags& flags, const std::vector<FlagSpec>& searchable);

}  // namespace gradus::cli
