// A table as CSV.
#pragma once

#include <string>

#include "gradus/table.h"

namespace gradus {

/// Numbers as the shortest text that reads back as the same float where they are floats, else as the same double;
/// missing cells empty; tabs for a `path` that ends in .tsv. Throws as OutputFile does.
void write_csv(const Table& table, const std::string& path);

}  // namespace gradus
