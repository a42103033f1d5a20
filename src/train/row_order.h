// Which rows belong together and which come first, from columns that are no features.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/options.h"
#include "gradus/table.h"

namespace gradus {

/// The column called `name`, -1 for an empty name. `flag` is what asked for it, "--group". Throws Error(usage) for one
/// that isn't there, and for several.
int64_t role_column(const Table& table, std::string_view name, std::string_view flag);

/// A number for each of `rows`, the same where the cells of `column` are, counted from 0 in the order of first
/// appearance. Throws Error(bad_data) that names the first row whose cell is missing.
std::vector<int32_t> row_groups(const Table& table, int64_t column, std::span<const uint32_t> rows);

/// Where each of `rows` stands in time: ranks counted from 0, equal where the cells of `column` are. Numbers by their
/// value; texts by their bytes, which must be dates that sort so: the year first, all written alike. Throws
/// Error(bad_data) that names the first row that is missing or another kind of text.
std::vector<int32_t> row_times(const Table& table, int64_t column, std::span<const uint32_t> rows);

/// How rows may be parted: at most one of the two is set.
struct RowOrder {
  std::vector<int32_t> groups;
  std::vector<int32_t> times;
};
/// What the options `group`, `time` and `in_order` say of `rows`. Throws as above, and Error(usage) for more than one.
RowOrder row_order(const Table& table, const TrainOptions& options, std::span<const uint32_t> rows);

}  // namespace gradus
