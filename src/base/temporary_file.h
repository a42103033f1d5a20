// Files without a name, for what doesn't fit in memory: whatever becomes of the program, none is left behind.
#pragma once

#include <string>

#include "base/file.h"

namespace gradus {

/// An empty file open for reading and writing, in `folder`, or with "" in /var/tmp and else in /tmp: /tmp is often
/// memory. `what` it is for ends the message of Error(cannot_create): "found no room for <what>, ...".
Descriptor temporary_file(const std::string& folder, const std::string& what);

}  // namespace gradus
