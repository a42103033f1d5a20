// The target as the doctor's checks compare columns with it: labels or numbers, a row each.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gradus/names.h"

#include "analysis/doctor_column.h"

namespace gradus::doctoring {

struct DoctorTarget {
  DoctorColumn column;  ///< sorted
  bool classes = false;
  std::vector<int32_t> labels;      ///< classes: the run of each row's value in `column`, -1 when missing
  std::vector<std::size_t> counts;  ///< classes: rows of each label
  std::size_t majority = 0;         ///< the label of most rows

  std::size_t class_count() const noexcept { return counts.size(); }
  std::size_t rows_with_target() const noexcept { return column.present(); }
};

DoctorTarget make_target(DoctorColumn column, Task task);

/// How much of what guessing leaves open one column answers, leave-one-out: 1 is a perfect prediction, 0 none. A row is
/// predicted by the other rows with its value, or, where there is none and values are numbers, by its two neighbours.
/// For classes (accuracy - majority's share) / (1 - majority's share), for numbers 1 - squared error / variance.
struct Skill {
  double skill = 0.0;
  double accuracy = 0.0;  ///< classes: of that prediction; numbers: as `skill`
  double guessing = 0.0;  ///< classes: the share of the commonest
};
Skill single_column_skill(const DoctorColumn& column, const DoctorTarget& target);

/// How much of the target's variance `group` (a small number a row, below `groups`, or -1) explains, and whether beyond
/// chance: the correlation ratio eta^2 (of the classes' indicators taken together), and its F.
struct Explained {
  double share = 0.0;
  double f = 0.0;
};
Explained explained_by_groups(std::span<const int32_t> group, std::size_t groups, const DoctorTarget& target);

}  // namespace gradus::doctoring
