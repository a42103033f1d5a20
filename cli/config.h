// The --config file: TOML, any flag's long name as a key.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "flags.h"

namespace gradus::cli {

/// Values by canonical flag name. Throws Error(cannot_read), or Error(usage) at file:line:column for a key that is
/// unknown, given twice or of the wrong type.
std::map<std::string, std::vector<FlagValue>> read_config(const CommandSpec& spec, const std::string& path);

/// Name and version of the TOML library.
std::pair<std::string, std::string> config_library();

}  // namespace gradus::cli
