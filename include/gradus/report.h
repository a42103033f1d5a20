// A training run as one self-contained web page: what was learned from, how, and how well.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gradus/model.h"
#include "gradus/options.h"
#include "gradus/table.h"

namespace gradus {

/// What the library can't know of a run.
struct ReportOptions {
  std::string command = {};                                     ///< what was typed, for a shell
  std::vector<std::pair<std::string, std::string>> given = {};  ///< options by name, with the value as it was written
  int threads = 1;                                              ///< for predicting; the page does not depend on them
};

/// Collects what is known only while a model is trained, then writes the page. The page holds rows of the data (those
/// predicted worst) and points of a scatter plot; the same run gives the same bytes. Copies share what was collected.
class Report {
 public:
  /// Shares the cells of `table`, which training then can't free.
  explicit Report(Table table, ReportOptions options = {});
  /// With rows of its own to validate on.
  Report(Table table, Table validation, ReportOptions options = {});

  /// Listens to a training with these options on the table of this report; the callbacks that are set already are
  /// called as before.
  void watch(TrainOptions& options);

  /// The page, and the data in it. Throws Error(usage) when no training was watched.
  std::string html(const Model& model) const;
  std::string json(const Model& model) const;
  /// Writes the page, whole or not at all. Throws Error(cannot_create), Error(write_failed).
  void write(const Model& model, const std::string& path) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Whether this build holds the charts library; without it a page has its text and tables only.
bool report_has_charts() noexcept;

}  // namespace gradus
