// Rows against each other: the same twice, the same with another label, the same in training and validation.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analysis/doctor_checks.h"

namespace gradus::doctoring {

/// A hash of each row's features, column by column: numbers by value (as float32 unless whole), texts by their bytes,
/// so that rows of two tables can be compared.
class RowHashes {
 public:
  explicit RowHashes(std::size_t rows) : hashes_(rows) {}
  void add(const DoctorColumn& column);
  std::span<const uint64_t> hashes() const noexcept { return hashes_; }

 private:
  std::vector<uint64_t> hashes_;
};

/// Rows that are there twice with their target, and rows with the same features and another target.
void check_repeated_rows(std::span<const uint64_t> features, const DoctorTarget& target, Findings& findings);
/// Rows of `validation` that are among `training`, and values of the columns `groups` names that are in both.
void check_overlap(std::span<const uint64_t> training, std::span<const uint64_t> validation, Findings& findings);

/// Whether the target drifts along the rows: in their order, or, with `time` (sorted), in that of its values.
/// `ordered`: the rows are said to be in the order of time. `in_order_of`: a column whose values never fall along the
/// file, or null.
void check_drift(const DoctorTarget& target, const DoctorColumn* time, bool ordered, const DoctorColumn* in_order_of,
                 Findings& findings);
/// Its values never fall along the file, and there are many.
bool rises_along_file(const DoctorColumn& column);

}  // namespace gradus::doctoring
