#include "analysis/doctor_target.h"

#include <algorithm>
#include <cmath>

namespace gradus::doctoring {
namespace {

/// Labels of a run of rows: how many have a label, the commonest and how often the two commonest occur.
struct Vote {
  std::size_t first = 0;
  std::size_t second = 0;
};

class LabelCounts {
 public:
  explicit LabelCounts(std::size_t classes) : counts_(classes) {}

  void add(int32_t label) {
    if (label < 0) return;
    if (counts_[static_cast<std::size_t>(label)]++ == 0) touched_.push_back(static_cast<std::size_t>(label));
  }
  Vote vote() const {
    Vote vote;
    for (const std::size_t label : touched_) {
      const std::size_t count = counts_[label];
      vote.second = std::max(vote.second, std::min(count, vote.first));
      vote.first = std::max(vote.first, count);
    }
    return vote;
  }
  void clear() {
    for (const std::size_t label : touched_) counts_[label] = 0;
    touched_.clear();
  }
  std::size_t labels() const noexcept { return touched_.size(); }
  /// The one label there is.
  std::size_t only() const noexcept { return touched_.front(); }

 private:
  std::vector<std::size_t> counts_;
  std::vector<std::size_t> touched_;
};

/// Right answers for the rows of one value when each is predicted by the others'; a tie among them is no answer.
double right_of(const Vote& vote) noexcept {
  const bool holds = vote.first >= 2 && vote.first - 1 > vote.second;
  return holds ? static_cast<double>(vote.first) : 0.0;
}

/// A number that occurs once, by its neighbours: right where both agree with it, half where one does.
double right_by_neighbours(const DoctorColumn& column, const DoctorTarget& target, std::size_t place) {
  const int32_t label = target.labels[column.order[place]];
  double right = 0.0;
  int neighbours = 0;
  for (const std::size_t other : {place - 1, place + 1}) {
    if (other >= column.order.size()) continue;  // place - 1 wraps around
    ++neighbours;
    right += target.labels[column.order[other]] == label;
  }
  return neighbours == 0 ? 0.0 : right / neighbours;
}

Skill skill_for_classes(const DoctorColumn& column, const DoctorTarget& target) {
  LabelCounts counts(target.class_count());
  double right = 0.0;
  for (const Run& run : column.runs) {
    for (std::size_t place = run.begin; place < run.end; ++place) counts.add(target.labels[column.order[place]]);
    const bool alone = counts.labels() == 1 && counts.vote().first == 1;
    if (!alone) {
      right += right_of(counts.vote());
    } else if (column.text || run.size() > 1) {
      right += counts.only() == target.majority;
    } else {
      right += right_by_neighbours(column, target, run.begin);
    }
    counts.clear();
  }
  for (std::size_t row = 0; row < column.rows(); ++row)
    if (std::isnan(column.cells[row])) counts.add(target.labels[row]);
  right += right_of(counts.vote());
  Skill found;
  const auto rows = static_cast<double>(target.rows_with_target());
  found.accuracy = right / rows;
  found.guessing = static_cast<double>(target.counts[target.majority]) / rows;
  found.skill = found.guessing < 1.0 ? std::max(0.0, (found.accuracy - found.guessing) / (1.0 - found.guessing)) : 0.0;
  return found;
}

/// The target at place `place` of the sorted column on the straight line between its neighbours.
double between_neighbours(const DoctorColumn& column, const DoctorTarget& target, std::size_t place) {
  const uint32_t before = column.order[place - 1], row = column.order[place], after = column.order[place + 1];
  const double x0 = column.cells[before], x1 = column.cells[after];
  const double y0 = target.column.cells[before], y1 = target.column.cells[after];
  if (x1 == x0) return y0;
  return y0 + (y1 - y0) * ((column.cells[row] - x0) / (x1 - x0));
}

Skill skill_for_numbers(const DoctorColumn& column, const DoctorTarget& target) {
  const std::vector<double>& y = target.column.cells;
  double mean = 0.0;
  for (const uint32_t row : target.column.order) mean += y[row] / static_cast<double>(target.rows_with_target());
  double squares = 0.0, left = 0.0;
  const auto take = [&](double value, double predicted) {
    squares += (value - mean) * (value - mean);
    left += (value - predicted) * (value - predicted);
  };
  for (const Run& run : column.runs) {
    double sum = 0.0;
    std::size_t count = 0;
    for (std::size_t place = run.begin; place < run.end; ++place) {
      const double value = y[column.order[place]];
      if (std::isnan(value)) continue;
      sum += value;
      ++count;
    }
    for (std::size_t place = run.begin; place < run.end; ++place) {
      const double value = y[column.order[place]];
      if (std::isnan(value)) continue;
      if (count > 1) {
        take(value, (sum - value) / static_cast<double>(count - 1));
      } else if (column.text) {
        take(value, mean);
      } else if (place > 0 && place + 1 < column.order.size()) {  // the ends have one neighbour: left out
        const double line = between_neighbours(column, target, place);
        if (!std::isnan(line)) take(value, line);
      }
    }
  }
  for (std::size_t row = 0; row < column.rows(); ++row)
    if (std::isnan(column.cells[row]) && !std::isnan(y[row])) take(y[row], mean);
  Skill found;
  found.skill = found.accuracy = squares > 0.0 ? std::max(0.0, 1.0 - left / squares) : 0.0;
  return found;
}

}  // namespace

DoctorTarget make_target(DoctorColumn column, Task task) {
  DoctorTarget target;
  sort_cells(column);
  target.column = std::move(column);
  target.classes = task != Task::regression;
  if (!target.classes) return target;
  target.labels.assign(target.column.rows(), -1);
  for (std::size_t label = 0; label < target.column.runs.size(); ++label) {
    const Run& run = target.column.runs[label];
    target.counts.push_back(run.size());
    for (std::size_t place = run.begin; place < run.end; ++place)
      target.labels[target.column.order[place]] = static_cast<int32_t>(label);
    if (run.size() > target.counts[target.majority]) target.majority = label;
  }
  return target;
}

Skill single_column_skill(const DoctorColumn& column, const DoctorTarget& target) {
  if (target.rows_with_target() == 0 || target.column.levels() < 2) return {};
  return target.classes ? skill_for_classes(column, target) : skill_for_numbers(column, target);
}

namespace {

/// eta^2 and F from sums by group: `values` a row each for one output.
Explained ratio(double within, double total, double groups, double rows) {
  if (!(total > 0.0) || groups < 2.0 || rows <= groups) return {};
  Explained found;
  found.share = std::max(0.0, 1.0 - within / total);
  found.f = (total - within) / (groups - 1.0) / std::max(within / (rows - groups), 1e-300);
  return found;
}

}  // namespace

Explained explained_by_groups(std::span<const int32_t> group, std::size_t groups, const DoctorTarget& target) {
  std::vector<double> size(groups);
  double rows = 0.0, within = 0.0, total = 0.0;
  const auto known = [&](std::size_t row) {
    return group[row] >= 0 && (target.classes ? target.labels[row] >= 0 : !std::isnan(target.column.cells[row]));
  };
  for (std::size_t row = 0; row < group.size(); ++row) {
    if (!known(row)) continue;
    rows += 1.0;
    size[static_cast<std::size_t>(group[row])] += 1.0;
  }
  if (rows == 0.0) return {};
  if (target.classes) {
    // Of indicators: the sum of squares about the mean is n - sum of count^2 / n.
    const std::size_t classes = target.class_count();
    std::vector<double> counts(groups * classes), all(classes);
    for (std::size_t row = 0; row < group.size(); ++row) {
      if (!known(row)) continue;
      counts[static_cast<std::size_t>(group[row]) * classes + static_cast<std::size_t>(target.labels[row])] += 1.0;
      all[static_cast<std::size_t>(target.labels[row])] += 1.0;
    }
    within = total = rows;
    for (std::size_t g = 0; g < groups; ++g)
      for (std::size_t k = 0; k < classes && size[g] > 0.0; ++k)
        within -= counts[g * classes + k] * counts[g * classes + k] / size[g];
    for (const double count : all) total -= count * count / rows;
  } else {
    std::vector<double> mean(groups);
    double grand = 0.0;
    for (std::size_t row = 0; row < group.size(); ++row) {
      if (!known(row)) continue;
      mean[static_cast<std::size_t>(group[row])] +=
          target.column.cells[row] / size[static_cast<std::size_t>(group[row])];
      grand += target.column.cells[row] / rows;
    }
    for (std::size_t row = 0; row < group.size(); ++row) {
      if (!known(row)) continue;
      const double deviation = target.column.cells[row] - mean[static_cast<std::size_t>(group[row])];
      within += deviation * deviation;
      total += (target.column.cells[row] - grand) * (target.column.cells[row] - grand);
    }
  }
  return ratio(within, total,
               static_cast<double>(std::count_if(size.begin(), size.end(), [](double n) { return n > 0.0; })), rows);
}

}  // namespace gradus::doctoring
