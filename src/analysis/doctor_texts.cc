// Texts: numbers among words, numbers with units, dates, one value in several spellings, too many values.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analysis/doctor_checks.h"
#include "base/quote.h"
#include "data/cell.h"
#include "data/text_shapes.h"

namespace gradus::doctoring {
namespace {

constexpr double kNearlyAll = 0.9;
constexpr double kNumericKind = 0.99;  // from this share of numbers on, a column is one of numbers
constexpr std::size_t kManyLevels = 1000;
constexpr double kManyOnce = 0.3;  // of the rows hold a text of their own
constexpr std::size_t kSomeLevels = 50;

/// Rows and texts of one kind, and the first of them.
struct Kind {
  std::size_t rows = 0;
  std::vector<std::string> texts;  // the first few
  std::size_t distinct = 0;

  void add(std::size_t count, const std::string& text) {
    rows += count;
    ++distinct;
    if (texts.size() < 8) texts.push_back(text);
  }
  std::string examples(std::size_t most = 3) const {
    std::string list;
    for (std::size_t i = 0; i < std::min(most, texts.size()); ++i) list += (i ? ", " : "") + in_quotes(texts[i], 30);
    return distinct > most ? list + ", ..." : list;
  }
};

class TextChecks {
 public:
  TextChecks(const DoctorColumn& column, bool is_target, Findings& findings)
      : column_(column), is_target_(is_target), findings_(findings) {}

  void run() {
    if (column_.present() == 0) return;
    sort_kinds();
    spellings();
    if (mixed() || marked() || dates() || is_target_) return;
    many_levels();
  }

 private:
  const std::string& text(const Run& run) const {
    return (*column_.texts)[static_cast<std::size_t>(column_.value(run))];
  }
  double share(const Kind& kind) const {
    return static_cast<double>(kind.rows) / static_cast<double>(column_.present());
  }

  void add(Severity severity, const char* kind, std::string evidence, std::string advice,
           std::vector<std::pair<std::string, double>> numbers) {
    findings_.push_back({severity, kind, column_.name, std::move(evidence), std::move(advice), std::move(numbers)});
  }

  void sort_kinds() {
    const CellParser parser(CsvOptions{});
    for (const Run& run : column_.runs) {
      const std::string& cell = text(run);
      if (parser.parse_number(cell)) {
        numbers_.add(run.size(), cell);
      } else if (const auto found = marked_number(cell)) {
        marked_.add(run.size(), cell);
        commas_ += found->decimal_comma && found->unit.empty() && !found->thousands;
      } else if (looks_like_date(cell)) {
        dates_.add(run.size(), cell);
      } else {
        others_.add(run.size(), cell);
      }
      once_ += run.size() == 1;
    }
  }

  /// Mostly numbers, and a few cells that are none.
  bool mixed() {
    Kind none = others_;
    for (const Kind* kind : {&marked_, &dates_}) {
      none.rows += kind->rows;
      none.distinct += kind->distinct;
      none.texts.insert(none.texts.end(), kind->texts.begin(), kind->texts.end());
    }
    if (none.rows == 0 || 2 * numbers_.rows < column_.present() || share(marked_) >= 0.1) return false;
    if (numbers_.distinct <= none.distinct) return false;  // names, some of which are digits
    const bool refused = share(numbers_) >= kNumericKind;
    const bool few = none.distinct <= none.texts.size();
    const std::string as_missing =
        few ? missing_flag(none.texts) + " reads them as missing" : std::string("correct the cells");
    add(refused ? Severity::error : Severity::warning, "mixed_types",
        fmt::format("holds {} among {} numbers: {}; {}",
                    doctoring::counted(none.rows, "cell that is none", "cells that are none"), numbers_.rows,
                    none.examples(),
                    refused ? "training stops there" : "so the whole column is read as text, each number a category"),
        fmt::format("{}; {} keeps all as text", as_missing, flag_for("--categorical", column_)),
        {{"numbers", static_cast<double>(numbers_.rows)}, {"others", static_cast<double>(none.rows)}});
    return true;
  }

  bool marked() {
    const double most = share(marked_) + share(numbers_);
    if (most < kNearlyAll || share(marked_) < 0.1 || marked_.distinct < 3) return false;
    const bool comma = commas_ == marked_.distinct && numbers_.distinct == 0;
    add(Severity::warning, "numbers_as_text",
        fmt::format("holds numbers with marks, as {}: so each of its {} values is a category without order",
                    marked_.examples(), column_.levels()),
        comma ? std::string("--decimal-comma")
              : std::string("write plain numbers in the file: without units, signs of money and thousands separators"),
        {{"cells", static_cast<double>(marked_.rows)}, {"levels", static_cast<double>(column_.levels())}});
    return true;
  }

  bool dates() {
    if (share(dates_) < kNearlyAll) return false;
    add(Severity::note, "dates",
        fmt::format("holds dates or times, as {} ({} different)", dates_.examples(2), column_.levels()),
        fmt::format("{} if the model is for later rows than these: it validates on the last",
                    flag_for("--time", column_)),
        {{"levels", static_cast<double>(column_.levels())}});
    return true;
  }

  /// Lower case, without spaces at the ends and with one between words.
  static std::string folded(const std::string& cell) {
    std::string out;
    for (const char c : cell) {
      const bool space = c == ' ' || c == '\t';
      if (space && (out.empty() || out.back() == ' ')) continue;
      out += space ? ' ' : (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
  }

  void spellings() {
    std::map<std::string, std::vector<const Run*>> by_meaning;
    for (const Run& run : column_.runs) by_meaning[folded(text(run))].push_back(&run);
    std::size_t values = 0, rows = 0;
    std::string shown;
    for (auto& [meaning, runs] : by_meaning) {
      if (runs.size() < 2) continue;
      std::sort(runs.begin(), runs.end(), [](const Run* a, const Run* b) {
        return a->size() != b->size() ? a->size() > b->size() : a->begin < b->begin;
      });
      for (std::size_t i = 1; i < runs.size(); ++i) rows += runs[i]->size();
      if (values++ >= 2) continue;
      shown += shown.empty() ? "" : "; ";
      for (std::size_t i = 0; i < std::min<std::size_t>(3, runs.size()); ++i)
        shown += fmt::format("{}{} ({})", i ? " and " : "", column_.text_of(*runs[i]), runs[i]->size());
    }
    if (values == 0) return;
    add(is_target_ ? Severity::error : Severity::warning, is_target_ ? "label_spellings" : "spellings",
        fmt::format("has {} in several spellings that differ by case or spaces: {}{}",
                    doctoring::counted(values, "value", "values"), shown, values > 2 ? "; ..." : ""),
        fmt::format("write one of them in the file: they are different {}", is_target_ ? "classes" : "categories"),
        {{"values", static_cast<double>(values)}, {"cells", static_cast<double>(rows)}});
  }

  void many_levels() {
    const double alone = static_cast<double>(once_) / static_cast<double>(column_.present());
    const bool many = column_.levels() >= kManyLevels || (column_.levels() >= kSomeLevels && alone >= kManyOnce);
    if (!many) return;
    add(Severity::note, "many_levels",
        fmt::format("holds {} different texts, {} of them in one row only: of those nothing can be learned",
                    column_.levels(), once_),
        fmt::format("{} if new rows bring other texts; coarser values in the file otherwise",
                    flag_for("--ignore", column_)),
        {{"levels", static_cast<double>(column_.levels())}, {"levels_in_one_row", static_cast<double>(once_)}});
  }

  const DoctorColumn& column_;
  bool is_target_;
  Findings& findings_;
  Kind numbers_, marked_, dates_, others_;
  std::size_t commas_ = 0;  // distinct marked texts that are numbers with a decimal comma
  std::size_t once_ = 0;    // distinct texts in one row only
};

}  // namespace

void check_texts(const DoctorColumn& column, bool is_target, Findings& findings) {
  TextChecks(column, is_target, findings).run();
}

}  // namespace gradus::doctoring
