#include "analysis/doctor_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/quote.h"

namespace gradus::doctoring {
namespace {

constexpr double kManyRepeated = 0.05;
constexpr double kManyConflicts = 0.01;
constexpr double kManyOverlap = 0.1;

uint64_t mixed(uint64_t hash, uint64_t value) noexcept {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15;
  return hash ^ (hash >> 31);
}

uint64_t hash_of_number(double value) noexcept {
  if (std::isnan(value)) return 0x5851F42D4C957F2D;
  const double kept = value == std::floor(value) ? value : static_cast<double>(static_cast<float>(value));
  return std::bit_cast<uint64_t>(kept + 0.0);  // -0 is 0
}

/// Rows by hash, then by number.
std::vector<uint32_t> by_hash(std::span<const uint64_t> hashes) {
  std::vector<uint32_t> order(hashes.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return hashes[a] != hashes[b] ? hashes[a] < hashes[b] : a < b; });
  return order;
}

/// Calls body(rows) for every set of two rows or more with one hash.
template <typename Body>
void for_each_repeated(std::span<const uint64_t> hashes, const Body& body) {
  const std::vector<uint32_t> order = by_hash(hashes);
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && hashes[order[end]] == hashes[order[begin]]) ++end;
    if (end - begin > 1) body(std::span(order).subspan(begin, end - begin));
    begin = end;
  }
}

struct Repeats {
  std::size_t copies = 0;      // rows that an earlier one is equal to, target included
  std::size_t conflicts = 0;   // rows in sets whose targets differ
  std::size_t sets = 0;        // such sets
  std::size_t wrong = 0;       // classes: rows that any rule must get wrong
  double within = 0.0;         // numbers: squares about the means of the sets
  uint32_t first[2] = {0, 0};  // the first two rows that contradict each other
};

Repeats count_repeats(std::span<const uint64_t> features, const DoctorTarget& target) {
  Repeats found;
  for_each_repeated(features, [&](std::span<const uint32_t> rows) {
    std::vector<double> cells;
    for (const uint32_t row : rows)
      if (!std::isnan(target.column.cells[row])) cells.push_back(target.column.cells[row]);
    if (cells.empty()) return;
    double mean = 0.0;
    for (const double cell : cells) mean += cell / static_cast<double>(cells.size());
    for (const double cell : cells) found.within += (cell - mean) * (cell - mean);
    std::sort(cells.begin(), cells.end());
    std::size_t most = 0, run = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      run = i > 0 && cells[i] == cells[i - 1] ? run + 1 : 1;
      found.copies += run > 1;
      most = std::max(most, run);
    }
    if (most == cells.size()) return;
    if (found.sets++ == 0 || rows[0] < found.first[0]) {
      found.first[0] = rows[0];
      for (const uint32_t row : rows)
        if (!std::isnan(target.column.cells[row]) && target.column.cells[row] != target.column.cells[rows[0]]) {
          found.first[1] = row;
          break;
        }
    }
    found.conflicts += cells.size();
    found.wrong += cells.size() - most;
  });
  return found;
}

void add(Findings& findings, Severity severity, const char* kind, const std::string& column, std::string evidence,
         std::string advice, std::vector<std::pair<std::string, double>> numbers) {
  findings.push_back({severity, kind, column, std::move(evidence), std::move(advice), std::move(numbers)});
}

}  // namespace

void RowHashes::add(const DoctorColumn& column) {
  std::vector<uint64_t> of_text;
  if (column.text) {
    for (const std::string& text : *column.texts) of_text.push_back(std::hash<std::string>{}(text));
  }
  for (std::size_t row = 0; row < hashes_.size(); ++row) {
    const double cell = column.cells[row];
    hashes_[row] = mixed(hashes_[row], column.text && !std::isnan(cell) ? of_text[static_cast<std::size_t>(cell)]
                                                                        : hash_of_number(cell));
  }
}

void check_repeated_rows(std::span<const uint64_t> features, const DoctorTarget& target, Findings& findings) {
  const Repeats found = count_repeats(features, target);
  const auto rows = static_cast<double>(target.rows_with_target());
  if (rows == 0.0) return;
  const std::string name = in_quotes(target.column.name);
  if (found.copies > 0) {
    const auto copies = static_cast<double>(found.copies);
    add(findings, copies >= kManyRepeated * rows ? Severity::warning : Severity::note, "repeated_rows", "",
        fmt::format("{} of {} rows ({}) {} an earlier one again, target included", found.copies,
                    target.rows_with_target(), percent(copies, rows), found.copies == 1 ? "is" : "are"),
        "take them out, unless each was met by itself: a copy of a training row that validates is no test",
        {{"rows", copies}, {"share", copies / rows}});
  }
  if (found.sets == 0) return;
  const auto conflicts = static_cast<double>(found.conflicts);
  std::string bound;
  bool much = false;
  std::vector<std::pair<std::string, double>> numbers = {{"rows", conflicts}};
  if (target.classes) {
    const double wrong = static_cast<double>(found.wrong);
    much = wrong >= kManyConflicts * rows;
    bound = fmt::format("whatever is learned, {} of the rows stay wrong", percent(wrong, rows));
    numbers.emplace_back("least_error", wrong / rows);
  } else {
    double mean = 0.0, squares = 0.0;
    for (const uint32_t row : target.column.order) mean += target.column.cells[row] / rows;
    for (const uint32_t row : target.column.order)
      squares += (target.column.cells[row] - mean) * (target.column.cells[row] - mean);
    much = found.within >= kManyConflicts * squares;
    bound = fmt::format("{} of the variance can't be explained", percent(found.within, squares));
    numbers.emplace_back("unexplained", squares > 0.0 ? found.within / squares : 0.0);
  }
  add(findings, much ? Severity::warning : Severity::note, "contradicting_rows", target.column.name,
      fmt::format("differs between rows that are equal in all else: {} rows in {} (rows {} and {} for instance); {}",
                  found.conflicts, doctoring::counted(found.sets, "set", "sets"), found.first[0] + 1,
                  found.first[1] + 1, bound),
      target.classes ? "look at the labels; --label-smoothing 0.1 trusts them less"
                     : "look at the numbers; --loss huber trusts them less",
      std::move(numbers));
}

void check_overlap(std::span<const uint64_t> training, std::span<const uint64_t> validation, Findings& findings) {
  std::vector<uint64_t> known(training.begin(), training.end());
  std::sort(known.begin(), known.end());
  const auto both = static_cast<std::size_t>(std::count_if(validation.begin(), validation.end(), [&](uint64_t hash) {
    return std::binary_search(known.begin(), known.end(), hash);
  }));
  if (both == 0) return;
  const auto share = static_cast<double>(both) / static_cast<double>(validation.size());
  add(findings, share >= kManyOverlap ? Severity::error : Severity::warning, "validation_overlap", "",
      fmt::format("{} of {} validation rows ({}) have the features of a training row", both, validation.size(),
                  percent(share, 1.0)),
      "take them out of one of the two files: on them the model is tested on what it learned",
      {{"rows", static_cast<double>(both)}, {"share", share}});
}

bool rises_along_file(const DoctorColumn& column) {
  if (column.levels() < 20 || column.missing() > 0) return false;
  // Texts rise by their bytes, as dates that begin with the year do.
  double last = column.cells[0];
  for (const double cell : column.cells) {
    if (column.text ? (cell != last && !((*column.texts)[static_cast<std::size_t>(last)] <
                                         (*column.texts)[static_cast<std::size_t>(cell)]))
                    : cell < last)
      return false;
    last = cell;
  }
  return true;
}

namespace {

constexpr int32_t kBlocks = 10;
constexpr double kDrifts = 0.05;
constexpr double kClear = 10.0;

/// Rows in tenths of their order, by `time` where there is one.
std::vector<int32_t> tenths(std::size_t rows, const DoctorColumn* time) {
  std::vector<int32_t> block(rows, -1);
  if (time == nullptr) {
    for (std::size_t row = 0; row < rows; ++row) block[row] = static_cast<int32_t>(row * kBlocks / rows);
    return block;
  }
  std::vector<uint32_t> order = time->order;
  if (time->text) {
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      return (*time->texts)[static_cast<std::size_t>(time->cells[a])] <
             (*time->texts)[static_cast<std::size_t>(time->cells[b])];
    });
  }
  for (std::size_t i = 0; i < order.size(); ++i) block[order[i]] = static_cast<int32_t>(i * kBlocks / order.size());
  return block;
}

/// "the mean of y is 3 in the first tenth and 5 in the last".
std::string first_and_last(const DoctorTarget& target, std::span<const int32_t> block) {
  double rows[2] = {}, sum[2] = {};
  std::vector<double> labels[2] = {std::vector<double>(target.class_count()),
                                   std::vector<double>(target.class_count())};
  for (std::size_t row = 0; row < block.size(); ++row) {
    if (block[row] != 0 && block[row] != kBlocks - 1) continue;
    if (std::isnan(target.column.cells[row])) continue;
    const int side = block[row] != 0;
    rows[side] += 1.0;
    if (target.classes) labels[side][static_cast<std::size_t>(target.labels[row])] += 1.0;
    sum[side] += target.column.cells[row];
  }
  const std::string name = in_quotes(target.column.name);
  if (!target.classes)
    return fmt::format("the mean of {} is {:.4g} in the first tenth and {:.4g} in the last", name, sum[0] / rows[0],
                       sum[1] / rows[1]);
  std::size_t most = 0;
  for (std::size_t k = 1; k < target.class_count(); ++k)
    if (std::abs(labels[0][k] / rows[0] - labels[1][k] / rows[1]) >
        std::abs(labels[0][most] / rows[0] - labels[1][most] / rows[1]))
      most = k;
  return fmt::format("{} is {} in {} of the first tenth and {} of the last", name,
                     target.column.text_of(target.column.runs[most]), percent(labels[0][most], rows[0]),
                     percent(labels[1][most], rows[1]));
}

}  // namespace

void check_drift(const DoctorTarget& target, const DoctorColumn* time, bool ordered, const DoctorColumn* in_order_of,
                 Findings& findings) {
  const std::size_t rows = target.column.rows();
  if (target.column.levels() < 2 || rows < 10 * static_cast<std::size_t>(kBlocks)) return;
  const std::vector<int32_t> block = tenths(rows, time);
  const Explained found = explained_by_groups(block, kBlocks, target);
  if (found.share < kDrifts || found.f < kClear) return;
  const std::string evidence = first_and_last(target, block);
  const std::vector<std::pair<std::string, double>> numbers = {{"explained", found.share}};
  if (time != nullptr) {
    add(findings, Severity::warning, "drift", time->name, fmt::format("changes the target as it goes: {}", evidence),
        "expect later rows to be worse than validation says; train again as they come", numbers);
  } else if (ordered) {
    add(findings, Severity::warning, "drift", "", fmt::format("the target changes along the file: {}", evidence),
        "expect later rows to be worse than validation says; train again as they come", numbers);
  } else if (in_order_of != nullptr) {
    add(findings, Severity::warning, "drift", in_order_of->name,
        fmt::format("rises along the file, and the target changes with it: {}", evidence),
        fmt::format("{} if it is a time: rows held out at random know the future", flag_for("--time", *in_order_of)),
        numbers);
  } else {
    add(findings, Severity::note, "row_order", "",
        fmt::format("the target depends on the order of the rows: {}", evidence),
        "--in-order if that is the order of time; nothing if the file is merely sorted: rows are held out at random",
        numbers);
  }
}

}  // namespace gradus::doctoring
