#include "analysis/doctor_column.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/quote.h"
#include "data/cells.h"
#include "data/encoder.h"

namespace gradus::doctoring {

double DoctorColumn::quantile(double q) const noexcept {
  const auto place = static_cast<std::size_t>(q * static_cast<double>(order.size() - 1) + 0.5);
  return cells[order[place]];
}

bool DoctorColumn::integers() const noexcept {
  return !text &&
         std::all_of(runs.begin(), runs.end(), [this](const Run& run) { return value(run) == std::floor(value(run)); });
}

std::string DoctorColumn::text_of(const Run& run) const {
  return text ? in_quotes((*texts)[static_cast<std::size_t>(value(run))], 40) : number_text(value(run));
}

DoctorColumn load_column(const Table& table, int64_t column, std::span<const uint32_t> rows) {
  DoctorColumn loaded;
  loaded.index = column;
  loaded.name = table.name(column);
  loaded.text = table.kind(column) == ColumnKind::text;
  loaded.cells.reserve(rows.size());
  if (loaded.text) {
    loaded.texts = &table.data().columns[static_cast<std::size_t>(column)].dictionary;
    CodeCells codes(table.data(), column);
    for (const uint32_t row : rows) {
      const uint32_t code = codes[row];
      loaded.cells.push_back(code == kMissingCode ? std::numeric_limits<double>::quiet_NaN()
                                                  : static_cast<double>(code));
    }
  } else {
    NumberCells numbers(table.data(), column);
    for (const uint32_t row : rows) loaded.cells.push_back(numbers[row]);
  }
  return loaded;
}

void sort_cells(DoctorColumn& column) {
  struct Cell {
    double value;
    uint32_t row;
  };
  std::vector<Cell> cells;
  cells.reserve(column.rows());
  for (std::size_t row = 0; row < column.rows(); ++row)
    if (!std::isnan(column.cells[row])) cells.push_back({column.cells[row], static_cast<uint32_t>(row)});
  std::sort(cells.begin(), cells.end(),
            [](const Cell& a, const Cell& b) { return a.value != b.value ? a.value < b.value : a.row < b.row; });
  column.order.clear();
  column.runs.clear();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i == 0 || cells[i].value != cells[i - 1].value) column.runs.push_back({i, i});
    column.order.push_back(cells[i].row);
    column.runs.back().end = i + 1;
  }
}

}  // namespace gradus::doctoring
