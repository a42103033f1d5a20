// What is deployed: columns, scaling, categories, network and labels in one file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gradus/calibration.h"
#include "gradus/options.h"
#include "gradus/table.h"

namespace gradus {

struct ModelData;  // src/model/model_data.h

struct PredictOptions {
  std::optional<double> threshold = {};  ///< two classes: the second is predicted when its probability is at least this
  std::vector<std::string> keep = {};    ///< columns of the input passed through
  bool strict = false;                   ///< a category that training never saw is an error, not `unknown`
  int threads = 1;
  std::function<void(const std::string&)> on_warning = {};
};

/// Copies share the same immutable data.
class Model {
 public:
  explicit Model(std::shared_ptr<const ModelData> data);

  /// Reads a model file whole, checks its SHA-256, then everything it says.
  /// Throws Error(cannot_read) or Error(bad_data) with a byte offset.
  static Model load(const std::string& path);
  /// Writes it atomically: a temporary file in the same folder, fsync, rename, fsync of the folder.
  /// Throws Error(cannot_create), Error(write_failed), or Error(diverged) when a weight is not finite.
  void save(const std::string& path) const;

  Task task() const noexcept;
  Precision precision() const noexcept;
  std::vector<std::string> targets() const;
  const std::vector<std::string>& classes() const noexcept;
  /// Networks of an ensemble; 1: a network by itself.
  int64_t members() const noexcept;
  StopReason stop_reason() const noexcept;
  const std::vector<EpochRecord>& history() const noexcept;
  const Calibration& calibration() const noexcept;
  /// What logits are divided by before they become probabilities: one, or multi-label one a target; empty: not scaled.
  const std::vector<double>& temperatures() const noexcept;
  /// SHA-256 of the file that `save` writes, 64 hexadecimal digits.
  std::string sha256() const;
  /// Everything but the weights, as the JSON text kept in the file.
  std::string metadata() const;

  /// One output row per input row, in order, columns matched by name: `prediction` and, for classes,
  /// `probability:<class>`; several targets: `prediction:<target>`; quantiles: the one nearest to 1/2 as `prediction`,
  /// and each as `quantile:<tau>` (`quantile:<tau>:<target>`). A model with a coverage adds `lower` and `upper`
  /// (`lower:<target>`, `upper:<target>`), or `set`, the classes or labels of the set joined by "|". Throws
  /// Error(bad_data) for a column that is absent.
  Table predict(const Table& table, const PredictOptions& options = {}) const;

  const ModelData& data() const noexcept { return *data_; }

 private:
  std::shared_ptr<const ModelData> data_;
};

/// What a stream of predictions came to.
struct PredictSummary {
  int64_t rows = 0;
  int64_t unknown_categories = 0;
};

/// Predicts a CSV of any length in bounded memory. `input`: a path or "-". `output`: a path, written atomically when it
/// is (or becomes) a regular file, or "-". Rows from a pipe are answered as they come. `csv` gives delimiter, header,
/// decimal comma, missing and expansion; kinds and names come from the model.
PredictSummary predict_csv(const Model& model, const std::string& input, const std::string& output,
                           const PredictOptions& options = {}, const CsvOptions& csv = {});

/// Reads a table with the kinds that the model's columns have, targets included when they are there.
/// Throws Error(bad_data) when one of the model's feature columns is absent.
Table read_csv_for(const Model& model, const std::string& path, const CsvOptions& options = {});

/// Reads a table to train the model further on: every column there is, the model's as what they are in the model.
Table read_csv_like(const Model& model, const std::string& path, const CsvOptions& options = {});

}  // namespace gradus
