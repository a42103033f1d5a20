// The target itself: missing, classes too few, too rare or too uneven, numbers that could be classes.
#include <fmt/format.h>

#include <algorithm>

#include "analysis/doctor_checks.h"
#include "base/quote.h"
#include "data/targets.h"

namespace gradus::doctoring {
namespace {

constexpr std::size_t kFewRows = 10;
constexpr double kUneven = 10.0, kVeryUneven = 20.0;
constexpr std::size_t kFewValues = 50;

class TargetChecks {
 public:
  TargetChecks(const DoctorTarget& target, Task task, bool task_given, Findings& findings)
      : target_(target), column_(target.column), task_(task), task_given_(task_given), findings_(findings) {}

  void run() {
    missing();
    if (column_.present() == 0) return;
    if (column_.levels() == 1) {
      add(Severity::error, "one_class",
          fmt::format("holds {} in every row: there is nothing to learn", column_.text_of(column_.runs[0])),
          "--target names another column", {{"levels", 1.0}});
      return;
    }
    if (task_ == Task::classification) rare_classes();
    if (target_.classes) {
      uneven_classes();
    } else {
      check_numbers(column_, true, findings_);
    }
    if (column_.text) check_texts(column_, true, findings_);
    kind_of_task();
  }

 private:
  void add(Severity severity, const char* kind, std::string evidence, std::string advice,
           std::vector<std::pair<std::string, double>> numbers) {
    findings_.push_back({severity, kind, column_.name, std::move(evidence), std::move(advice), std::move(numbers)});
  }
  std::string label(std::size_t k) const { return column_.text_of(column_.runs[k]); }

  void missing() {
    if (column_.missing() == 0) return;
    const double share = static_cast<double>(column_.missing()) / static_cast<double>(column_.rows());
    const bool all = column_.present() == 0;
    add(all           ? Severity::error
        : share > 0.2 ? Severity::warning
                      : Severity::note,
        "target_missing",
        fmt::format("is missing in {} of {} rows ({}): {}", column_.missing(), column_.rows(), percent(share, 1.0),
                    all ? "there is nothing to learn" : "they are left out"),
        all ? "--target names another column"
            : "nothing, if they are missing for no reason that has to do with its value",
        {{"missing", share}});
  }

  void rare_classes() {
    std::string single, few;
    std::size_t singles = 0, fews = 0;
    const std::size_t rare = std::min(kFewRows, column_.present() / 10);
    for (std::size_t k = 0; k < target_.class_count(); ++k) {
      const std::size_t rows = target_.counts[k];
      if (rows == 1 && ++singles <= 3) single += (single.empty() ? "" : ", ") + label(k);
      if (rows > 1 && rows < rare && ++fews <= 5)
        few += fmt::format("{}{} ({})", few.empty() ? "" : ", ", label(k), rows);
    }
    if (singles > 0)
      add(Severity::error, "class_of_one_row",
          fmt::format("has {} with one row only: {}{}; a class needs one to learn from and one to validate",
                      doctoring::counted(singles, "class", "classes"), single, singles > 3 ? ", ..." : ""),
          column_.text ? "join them with others in the file, or take the rows out"
                       : "--task regression, or take the rows out",
          {{"classes", static_cast<double>(singles)}});
    if (fews > 0)
      add(Severity::warning, "small_classes",
          fmt::format("has {} with fewer than {} rows: {}{}", doctoring::counted(fews, "class", "classes"), rare, few,
                      fews > 5 ? ", ..." : ""),
          "--class-weights balanced --metric balanced_accuracy if they matter as much as the others",
          {{"classes", static_cast<double>(fews)}});
  }

  void uneven_classes() {
    const std::size_t least = static_cast<std::size_t>(std::min_element(target_.counts.begin(), target_.counts.end()) -
                                                       target_.counts.begin());
    const auto most = static_cast<double>(target_.counts[target_.majority]);
    const double ratio = most / static_cast<double>(target_.counts[least]);
    if (ratio < kUneven) return;
    add(ratio >= kVeryUneven ? Severity::warning : Severity::note, "imbalance",
        fmt::format("has {} in {} of the rows and {} in {}: {:.0f} to 1", label(target_.majority),
                    percent(most, static_cast<double>(column_.present())), label(least),
                    percent(static_cast<double>(target_.counts[least]), static_cast<double>(column_.present())), ratio),
        "--class-weights balanced --metric balanced_accuracy, if rare classes matter as much; accuracy alone says "
        "little",
        {{"ratio", ratio}, {"majority", most / static_cast<double>(column_.present())}});
  }

  /// Numbers whose reading as classes or as amounts is not plain.
  void kind_of_task() {
    if (task_given_ || column_.text || task_ == Task::multilabel) return;
    const std::size_t values = column_.levels();
    if (task_ == Task::classification && values > 10)
      add(Severity::note, "target_few_values",
          fmt::format("holds {} whole numbers, which are learned as classes without order", values),
          "--task regression if they are amounts", {{"levels", static_cast<double>(values)}});
    if (task_ == Task::regression && values <= kFewValues && 10 * values <= column_.present())
      add(Severity::note, "target_few_values",
          fmt::format("holds {} different numbers only, learned as amounts", values),
          "--task classification if each is a class of its own", {{"levels", static_cast<double>(values)}});
  }

  const DoctorTarget& target_;
  const DoctorColumn& column_;
  Task task_;
  bool task_given_;
  Findings& findings_;
};

}  // namespace

void check_target(const DoctorTarget& target, Task task, bool task_given, Findings& findings) {
  TargetChecks(target, task, task_given, findings).run();
}

}  // namespace gradus::doctoring
