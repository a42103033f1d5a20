// Columns into features and back: what is learned from the training rows, kept in the model, applied to every row.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gradus/error.h"
#include "gradus/matrix_view.h"
#include "gradus/names.h"
#include "gradus/table.h"

namespace gradus {

/// A number x becomes y = (x - mean) * scale, x first rounded to float32 unless `wide`, and with `smooth_clip` then
/// y / sqrt(1 + (y/3)^2), which no outlier takes beyond 3. A missing cell becomes `fill`'s encoding; with `indicator`,
/// a second feature is 1 where the cell was missing and 0 elsewhere.
struct NumericEncoding {
  double mean = 0.0;   ///< robust scaling: the median
  double scale = 1.0;  ///< 1 / standard deviation over the training rows; 0 for a constant column. Robust: 1 / the
                       ///< distance of the quartiles, or 2 / the range where that is 0
  double fill = 0.0;   ///< as `mean`
  double minimum = 0.0;
  double maximum = 0.0;
  bool indicator = false;
  bool wide = false;  ///< float32 would lose digits that matter
  bool smooth_clip = false;
  bool operator==(const NumericEncoding&) const = default;
};

/// one_hot: one feature a category, then `unknown` for all others (unseen, or seen once in training), then, with
/// `indicator`, one for a missing cell; without it a missing cell is `unknown`. index: the place of that feature as one
/// number, for a table of embeddings. sign: of two categories, -1 for the first and 1 for the second, 0 for all else;
/// with `indicator` a second feature is 1 where the cell was missing.
struct CategoryEncoding {
  enum class Form { one_hot, index, sign };
  std::vector<std::string> categories;  ///< sorted by bytes
  bool indicator = false;
  Form form = Form::one_hot;
  bool operator==(const CategoryEncoding&) const = default;
};

struct ColumnEncoding {
  std::string name;
  std::variant<NumericEncoding, CategoryEncoding> encoding;
  int64_t training_missing = 0;
  int64_t first = 0;  ///< its features are first .. first + width - 1
  int64_t width = 0;
  int monotone = 0;  ///< predictions never fall (1) or never rise (-1) as a number grows; 0: as they like
  ColumnKind kind() const noexcept {
    return std::holds_alternative<NumericEncoding>(encoding) ? ColumnKind::numeric : ColumnKind::text;
  }
  bool operator==(const ColumnEncoding&) const = default;
};

/// The feature columns of a model, in the order of the training table.
struct Encoder {
  std::vector<ColumnEncoding> columns;
  int64_t width = 0;  ///< features in all
  bool operator==(const Encoder&) const = default;
};

/// The features that a column becomes.
int64_t encoded_width(const CategoryEncoding& encoding) noexcept;

/// The names of the features: "age", "age:missing", "city:Paris", "city:unknown", "city:missing".
std::vector<std::string> feature_names(const Encoder& encoder);

/// Text columns have at most this many categories; the most frequent are kept.
inline constexpr int64_t kMaxCategories = 4096;

struct EncoderOptions {
  NumericScaling scaling = NumericScaling::standard;
  int64_t most_one_hot = kMaxCategories + 2;  ///< columns of more categories are indices
  bool signs = false;                         ///< columns of two categories are signs
  bool wide = false;  ///< no column is rounded to float32 that the table keeps as double: models in float64
  std::span<const double> weights = {};                     ///< what each of the rows counts; empty: 1
  std::function<void(const std::string&)> on_warning = {};  ///< constant and all-missing columns, too many categories
};

/// Learns the encoding of `columns` (indices into the table) from the rows listed. Sums follow the bit contract
/// (blocks of 256 rows in the order of `rows`, then a fixed tree, in double). Categories seen once share `unknown`, so
/// that its weights are trained; where every category is seen once they are kept, up to 64 of them. A row of weight 2
/// is like two rows; for the counts of categories one of less than 1 is still a row.
Encoder fit_encoder(const Table& table, std::span<const int64_t> columns, std::span<const uint32_t> rows,
                    const EncoderOptions& options = {});

/// What the network's targets mean.
struct TargetColumn {
  std::string name;
  double mean = 0.0;  ///< regression: the network learns (y - mean) * scale
  double scale = 1.0;
  double minimum = 0.0;  ///< over the training rows
  double maximum = 0.0;
  bool operator==(const TargetColumn&) const = default;
};

struct TargetEncoder {
  Task task = Task::regression;
  std::vector<TargetColumn> columns;
  std::vector<std::string> classes;        ///< classification: sorted (as numbers when all are numbers), index = class
  bool numeric_classes = false;            ///< labels are numbers: "1" and "1.0" are the same class
  std::string weights = {};                ///< the column that says how much each row counts; empty: all the same
  std::vector<double> class_weights = {};  ///< classification: one a class, or none where all are 1
  double mean_weight = 1.0;  ///< over the training rows, of row weight times class weight; not kept in the model
  bool operator==(const TargetEncoder&) const = default;
};

/// Class index of a label as it stands in a file, or -1 when training never saw it.
int64_t class_index(const TargetEncoder& targets, std::string_view label);
int64_t class_index(const TargetEncoder& targets, double label);
/// The label of a numeric class: the shortest text that reads back as the same number.
std::string number_text(double value);

/// The columns of `encoder` by name among `present`. Throws Error(bad_data) at `place` that names the first one absent
/// and the nearest name there is.
std::vector<int64_t> match_columns(const Encoder& encoder, const std::vector<std::string>& present, const Place& place);

/// Where an Encoder's columns stand in a given table, by name, with category codes translated once.
/// Throws Error(bad_data) for a column that is absent or of the wrong kind (a text column that the model has as
/// numeric, naming the first cell), and with `strict` for the first unseen category. `unknown` counts unseen categories
/// per column as rows are encoded. A column of the wrong kind whose cells are all missing is taken as missing.
class TableEncoder {
 public:
  TableEncoder(const Encoder& encoder, const Table& table, bool strict);
  /// The same with the place of each column given: the training table.
  TableEncoder(const Encoder& encoder, const Table& table, std::vector<int64_t> columns, bool strict = false);
  /// Encodes row `row` of the table into `features` (encoder.width values).
  template <typename T>
  void encode(int64_t row, std::span<T> features);
  /// The same for the listed rows of one block of the table, column by column, which is faster. `features`:
  /// (rows x encoder.width).
  template <typename T>
  void encode(std::span<const uint32_t> rows, MatrixView<T> features);
  /// Unseen categories met so far, by encoder column.
  std::span<const int64_t> unknown() const noexcept { return unknown_; }

 private:
  void check_kind(std::size_t column);
  void translate_codes(std::size_t column);
  void require_known(std::size_t column) const;

  const Encoder& encoder_;
  Table table_;
  std::vector<int64_t> column_in_table_;                // -1: all cells are missing
  std::vector<std::vector<int32_t>> code_to_category_;  // per text column: dictionary code -> category, -1 unseen
  std::vector<int64_t> unknown_;
};

/// Encodes one cell given as text, as it stands in a CSV row; returns false when a category is unseen. `missing` says
/// whether the cell counts as missing; `value` is its number for numeric columns.
template <typename T>
void encode_number(const ColumnEncoding& column, double value, bool missing, std::span<T> features);
template <typename T>
bool encode_category(const ColumnEncoding& column, std::string_view text, bool missing, std::span<T> features);

}  // namespace gradus
