// How much a model leans on each column: what it loses when the column's cells are shuffled among the rows (Breiman,
// Random Forests, 2001, section 10; for any model Fisher, Rudin & Dominici 2019).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gradus/model.h"
#include "gradus/names.h"
#include "gradus/table.h"

namespace gradus {

struct ColumnImportance {
  std::string column;
  double mean = 0.0;       ///< how much worse the metric gets, over the repeats
  double deviation = 0.0;  ///< of the repeats
};

struct PermutationImportance {
  Metric metric = Metric::log_loss;
  int64_t rows = 0;
  int repeats = 0;
  double base = 0.0;                      ///< the metric of the rows as they are
  std::vector<ColumnImportance> columns;  ///< as the model has them; empty where that would take too long
};

/// Of at most 2,000 of `rows` of `table` (indices, ascending, every target there), fewer for wide tables and large
/// networks. Classes and labels: the rise of the log loss; numbers: the fall of R2, of several targets the mean. Rows
/// of a class that training never saw are left out. The same bits for any number of threads.
PermutationImportance permutation_importance(const Model& model, const Table& table, std::span<const uint32_t> rows,
                                             int threads);

}  // namespace gradus
