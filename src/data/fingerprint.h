// A name for a table's content.
#pragma once

#include <string>

#include "gradus/table.h"

namespace gradus {

/// SHA-256, 64 hexadecimal digits, over names, kinds and parsed values: the same for CRLF and LF, for 1 and 1.0, in
/// memory or from a file when numbers are kept in the same width.
std::string fingerprint(const Table& table);

}  // namespace gradus
