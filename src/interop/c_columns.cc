#include "interop/c_columns.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/encode_cells.h"
#include "interop/c_text.h"

namespace gradus {
namespace {

std::string range_comment(const NumericEncoding& encoding) {
  return std::isfinite(encoding.minimum) && std::isfinite(encoding.maximum)
             ? fmt::format("{} to {} in training", number_text(encoding.minimum), number_text(encoding.maximum))
             : "no value in training";
}

std::string fill_literal(const NumericEncoding& encoding, bool single) {
  return single ? c_number(fill_feature<float>(encoding)) : c_number(fill_feature<double>(encoding));
}

void encode_column(const ColumnEncoding& column, std::size_t index, const std::string& member, CSource& source) {
  if (const auto* numeric = std::get_if<NumericEncoding>(&column.encoding)) {
    const std::string call =
        fmt::format("@number(row->{}, {}, {}, {}, {}, {}, features + {})", member, numeric->wide ? 1 : 0,
                    numeric->smooth_clip ? 1 : 0, c_number(numeric->mean), c_number(numeric->scale),
                    fill_literal(*numeric, source.single()), column.first);
    source.add(numeric->indicator ? fmt::format("  features[{}] = {} ? $one$ : $zero$;\n", column.first + 1, call)
                                  : fmt::format("  (void){};\n", call));
    return;
  }
  const auto& category = std::get<CategoryEncoding>(column.encoding);
  const std::string categories =
      category.categories.empty() ? std::string("NULL") : fmt::format("@categories_{}", index);
  const std::string place = fmt::format("@category(row->{}, {}, {}, {})", member, categories,
                                        category.categories.size(), hot_feature(category, -1, true));
  using Form = CategoryEncoding::Form;
  if (category.form == Form::one_hot) {
    source.add(fmt::format("  features[{} + {}] = $one$;\n", column.first, place));
  } else if (category.form == Form::index) {
    source.add(fmt::format("  features[{}] = ($real$){};\n", column.first, place));
  } else {
    source.add(fmt::format("  place = {};\n  features[{}] = place == 0 ? -$one$ : place == 1 ? $one$ : $zero$;\n",
                           place, column.first));
    if (category.indicator)
      source.add(fmt::format("  features[{}] = place == {} ? $one$ : $zero$;\n", column.first + 1,
                             hot_feature(category, -1, true)));
  }
}

bool has_signs(const Encoder& encoder) {
  return std::any_of(encoder.columns.begin(), encoder.columns.end(), [](const ColumnEncoding& column) {
    const auto* category = std::get_if<CategoryEncoding>(&column.encoding);
    return category != nullptr && category->form == CategoryEncoding::Form::sign;
  });
}

}  // namespace

std::vector<std::string> column_members(const Encoder& encoder) {
  CNames names;
  std::vector<std::string> members;
  for (const ColumnEncoding& column : encoder.columns) members.push_back(names.make(column.name));
  return members;
}

void declare_row(const Encoder& encoder, const std::vector<std::string>& members, CSource& source) {
  source.add(
      "\n/* A row as it stands in the table. Numbers: NAN or infinite is missing. Texts, in UTF-8: NULL or empty is "
      "missing,\n   and one that training never saw counts as unknown. */\ntypedef struct {\n");
  for (std::size_t c = 0; c < members.size(); ++c) {
    const ColumnEncoding& column = encoder.columns[c];
    const auto* numeric = std::get_if<NumericEncoding>(&column.encoding);
    const std::string declared = numeric != nullptr ? fmt::format("  double {}; /* ", members[c])
                                                    : fmt::format("  const char *{}; /* ", members[c]);
    source.add_verbatim(declared + c_comment(column.name));
    source.add_verbatim(fmt::format(
        ", {} */\n", numeric != nullptr
                         ? range_comment(*numeric)
                         : fmt::format("{} known", std::get<CategoryEncoding>(column.encoding).categories.size())));
  }
  source.add("} @row;\n");
}

void need_encoding(const Encoder& encoder, CFunctions& needed) {
  for (const ColumnEncoding& column : encoder.columns)
    needed.insert(column.kind() == ColumnKind::numeric ? "number" : "category");
}

void define_encoding(const Pipeline& pipeline, const std::vector<std::string>& members, CSource& source) {
  const std::vector<ColumnEncoding>& columns = pipeline.encoder.columns;
  source.add_verbatim("\n");
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const auto* category = std::get_if<CategoryEncoding>(&columns[c].encoding);
    if (category == nullptr || category->categories.empty()) continue;
    source.string_array(fmt::format("static const char *const @categories_{}", c), category->categories);
  }
  source.add(
      fmt::format("\nstatic void @encode(const @row *row, $real$ *features) {{\n"
                  "{}  memset(features, 0, {} * sizeof *features);\n",
                  has_signs(pipeline.encoder) ? "  int place;\n" : "", pipeline.features()));
  for (std::size_t c = 0; c < columns.size(); ++c) encode_column(columns[c], c, members[c], source);
  source.add_verbatim("}\n");
}

}  // namespace gradus
