#include "gradus/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "gradus/error.h"

#include "analysis/doctor_checks.h"
#include "analysis/doctor_relations.h"
#include "analysis/doctor_rows.h"
#include "base/float_mode.h"
#include "base/quote.h"
#include "data/column_faults.h"
#include "data/targets.h"
#include "train/row_order.h"

namespace gradus {
namespace doctoring {
namespace {

/// At most kDoctorRows of `rows` rows, evenly spread.
std::vector<uint32_t> examined_rows(int64_t rows) {
  const int64_t count = std::min(rows, kDoctorRows);
  std::vector<uint32_t> examined(static_cast<std::size_t>(count));
  for (int64_t i = 0; i < count; ++i) examined[static_cast<std::size_t>(i)] = static_cast<uint32_t>(i * rows / count);
  return examined;
}

/// The doctor's name for a fault: what is said is in the evidence.
const char* kind_of(ColumnFaultKind kind) {
  switch (kind) {
    case ColumnFaultKind::constant:
    case ColumnFaultKind::all_missing:
      return "constant";
    case ColumnFaultKind::duplicate:
      return "duplicate";
    case ColumnFaultKind::unique_text:
    case ColumnFaultKind::row_number:
    case ColumnFaultKind::shuffled_row_number:
      return "id";
  }
  return "";
}

class Examination {
 public:
  Examination(const Table& table, const TrainOptions& options, const Table* validation)
      : table_(table),
        options_(options),
        validation_(validation),
        rows_(examined_rows(table.rows())),
        relations_(rows_.size()),
        hashes_(rows_.size()) {}

  DoctorReport run(const std::function<bool(int64_t, int64_t)>& on_progress) {
    assign_roles();
    targets();
    find_faults();
    for (std::size_t i = 0; i < features_.size(); ++i) {
      if (on_progress && !on_progress(static_cast<int64_t>(i), std::ssize(features_)))
        throw Error(ErrorCode::usage, "interrupted");
      examine(features_[i]);
    }
    relations_.find_scaled(table_, rows_, report_.findings);
    if (options_.group.empty()) relations_.find_groups(table_, rows_, features_, report_.findings);
    rows();
    std::stable_sort(report_.findings.begin(), report_.findings.end(), [&](const Finding& a, const Finding& b) {
      if (a.severity != b.severity) return a.severity < b.severity;
      if (a.kind != b.kind) return a.kind < b.kind;
      return place_of(a.column) < place_of(b.column);
    });
    return std::move(report_);
  }

 private:
  int64_t place_of(const std::string& column) const { return table_.find(column).value_or(-1); }

  void take_role(const std::string& name, const char* flag, std::vector<int64_t>& taken) const {
    const int64_t column = role_column(table_, name, flag);
    if (column < 0) return;
    if (std::count(taken.begin(), taken.end(), column) > 0)
      throw Error(ErrorCode::usage, fmt::format("{}: found {}, which is a target, or has another part already", flag,
                                                in_quotes(table_.name(column))));
    taken.push_back(column);
  }

  void assign_roles() {
    if (options_.target.empty()) throw Error(ErrorCode::usage, "--target: found none, expected the column to learn");
    row_order(table_, TrainOptions{.group = options_.group, .time = options_.time, .in_order = options_.in_order}, {});
    target_columns_ = resolve_columns(table_, options_.target);
    std::vector<int64_t> taken = target_columns_;
    take_role(options_.weights, "--weights", taken);
    take_role(options_.group, "--group", taken);
    take_role(options_.time, "--time", taken);
    for (int64_t column = 0; column < table_.columns(); ++column)
      if (std::find(taken.begin(), taken.end(), column) == taken.end()) features_.push_back(column);
    if (features_.empty())
      throw Error(ErrorCode::bad_data, {.file = table_.source()},
                  "found no column besides the target, expected at least one to learn from");
    const TaskDecision decision = decide_task(table_, target_columns_, options_.task);
    report_.source = table_.source();
    report_.rows = table_.rows();
    report_.examined_rows = std::ssize(rows_);
    report_.features = std::ssize(features_);
    report_.task = decision.task;
    report_.task_reason = decision.reason;
  }

  void targets() {
    for (const int64_t column : target_columns_) {
      report_.targets.push_back(table_.name(column));
      targets_.push_back(make_target(load_column(table_, column, rows_), report_.task));
      check_target(targets_.back(), report_.task, options_.task.has_value(), report_.findings);
    }
    if (report_.task == Task::classification) report_.classes = static_cast<int64_t>(targets_[0].class_count());
  }

  void find_faults() {
    std::vector<uint32_t> all(static_cast<std::size_t>(table_.rows()));
    std::iota(all.begin(), all.end(), 0u);
    faulty_.assign(static_cast<std::size_t>(table_.columns()), false);
    for (const ColumnFault& fault : column_faults(table_, features_, all)) {
      faulty_[static_cast<std::size_t>(fault.column)] = true;
      DoctorColumn column;
      column.index = fault.column;
      column.name = table_.name(fault.column);
      report_.findings.push_back(
          {Severity::warning, kind_of(fault.kind), column.name, fault.evidence, flag_for("--ignore", column), {}});
    }
  }

  void examine(int64_t index) {
    DoctorColumn column = load_column(table_, index, rows_);
    hashes_.add(column);
    sort_cells(column);
    // A row number is told as an id, but where the target follows it, it is a time as well.
    if (first_rising_.cells.empty() && rises_along_file(column)) first_rising_ = column;
    if (faulty_[static_cast<std::size_t>(index)]) return;
    check_missing(column, targets_, report_.findings);
    if (column.text) {
      check_texts(column, false, report_.findings);
    } else {
      check_numbers(column, false, report_.findings);
      check_integers(column, targets_, report_.findings);
    }
    check_leak(column, targets_, report_.findings);
    relations_.add(column, report_.findings);
  }

  void rows() {
    check_repeated_rows(hashes_.hashes(), targets_[0], report_.findings);
    overlap();
    DoctorColumn time;
    if (const int64_t column = role_column(table_, options_.time, "--time"); column >= 0) {
      time = load_column(table_, column, rows_);
      sort_cells(time);
    }
    for (const DoctorTarget& target : targets_)
      check_drift(target, time.cells.empty() ? nullptr : &time, options_.in_order,
                  first_rising_.cells.empty() ? nullptr : &first_rising_, report_.findings);
  }

  void overlap() {
    if (validation_ == nullptr) return;
    const std::vector<uint32_t> rows = examined_rows(validation_->rows());
    RowHashes hashes(rows.size());
    for (const int64_t feature : features_) {
      const auto place = validation_->find(table_.name(feature));
      if (!place)
        throw Error(ErrorCode::bad_data, {.file = validation_->source()},
                    fmt::format("found no column {}, expected every column of {}", in_quotes(table_.name(feature)),
                                in_quotes(table_.source())));
      hashes.add(load_column(*validation_, *place, rows));
    }
    check_overlap(hashes_.hashes(), hashes.hashes(), report_.findings);
    shared_groups(rows);
  }

  /// With --group: values of its column on both sides.
  void shared_groups(std::span<const uint32_t> validation_rows) {
    const int64_t group = role_column(table_, options_.group, "--group");
    const auto place = group < 0 ? std::nullopt : validation_->find(table_.name(group));
    if (!place) return;
    RowHashes here(rows_.size()), there(validation_rows.size());
    const DoctorColumn column = load_column(table_, group, rows_);
    here.add(column);
    there.add(load_column(*validation_, *place, validation_rows));
    std::vector<uint64_t> known(here.hashes().begin(), here.hashes().end());
    std::sort(known.begin(), known.end());
    const auto both = std::count_if(there.hashes().begin(), there.hashes().end(), [&](uint64_t hash) {
      return std::binary_search(known.begin(), known.end(), hash);
    });
    if (both == 0) return;
    report_.findings.push_back(
        {Severity::error,
         "validation_overlap",
         column.name,
         fmt::format("has the same values in training and in {} of {} validation rows", both, validation_rows.size()),
         "leave out --validation: --group holds whole groups out",
         {{"rows", static_cast<double>(both)}}});
  }

  const Table& table_;
  const TrainOptions& options_;
  const Table* validation_;
  std::vector<uint32_t> rows_;
  std::vector<int64_t> target_columns_;
  std::vector<int64_t> features_;
  std::vector<DoctorTarget> targets_;
  std::vector<bool> faulty_;
  Relations relations_;
  RowHashes hashes_;
  DoctorColumn first_rising_;
  DoctorReport report_;
};

}  // namespace
}  // namespace doctoring

std::string_view name(Severity severity) noexcept {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "note";
  }
  return "";
}

int64_t DoctorReport::count(Severity severity) const noexcept {
  return std::count_if(findings.begin(), findings.end(),
                       [&](const Finding& finding) { return finding.severity == severity; });
}

DoctorReport doctor(const Table& table, const TrainOptions& options, const Table* validation,
                    const std::function<bool(int64_t done, int64_t total)>& on_progress) {
  const FloatMode float_mode;
  return doctoring::Examination(table, options, validation).run(on_progress);
}

}  // namespace gradus
