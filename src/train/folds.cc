#include "train/folds.h"

#include <algorithm>
#include <numeric>

namespace gradus {
namespace {

std::vector<Split> splits_of(std::span<const int32_t> fold_of_row, int64_t folds) {
  std::vector<Split> splits(static_cast<std::size_t>(folds));
  for (std::size_t row = 0; row < fold_of_row.size(); ++row) {
    for (std::size_t k = 0; k < splits.size(); ++k) {
      Split& split = splits[k];
      (fold_of_row[row] == static_cast<int32_t>(k) ? split.validation : split.training)
          .push_back(static_cast<uint32_t>(row));
    }
  }
  return splits;
}

int32_t count_of(std::span<const int32_t> numbers) {
  return numbers.empty() ? 1 : *std::max_element(numbers.begin(), numbers.end()) + 1;
}

/// Rows by group and class.
std::vector<std::vector<double>> count_groups(std::span<const int32_t> groups, std::span<const int32_t> classes) {
  std::vector<std::vector<double>> counts(static_cast<std::size_t>(count_of(groups)));
  for (auto& group : counts) group.resize(static_cast<std::size_t>(count_of(classes)));
  for (std::size_t row = 0; row < groups.size(); ++row)
    ++counts[static_cast<std::size_t>(groups[row])][classes.empty() ? 0 : static_cast<std::size_t>(classes[row])];
  return counts;
}

double sum(const std::vector<double>& counts) {
  return std::accumulate(counts.begin(), counts.end(), 0.0);
}

/// The growth, but for what is the same in every fold, of the sum over folds and classes of (share of the class)^2.
double crowding(const std::vector<double>& fold, const std::vector<double>& group, const std::vector<double>& totals) {
  double crowded = 0.0;
  for (std::size_t c = 0; c < group.size(); ++c)
    if (totals[c] > 0.0) crowded += fold[c] * group[c] / (totals[c] * totals[c]);
  return crowded;
}

}  // namespace

std::vector<Split> deal_folds(int64_t rows, std::span<const int32_t> classes, int64_t folds, uint64_t seed) {
  std::vector<uint32_t> order = permutation(rows, seed, SplitDraws::folds);
  if (!classes.empty())
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return classes[a] < classes[b]; });
  std::vector<int32_t> fold_of_row(static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < order.size(); ++i)
    fold_of_row[order[i]] = static_cast<int32_t>(i) % static_cast<int32_t>(folds);
  return splits_of(fold_of_row, folds);
}

std::vector<Split> deal_groups(std::span<const int32_t> groups, std::span<const int32_t> classes, int64_t folds,
                               uint64_t seed) {
  const std::vector<std::vector<double>> counts = count_groups(groups, classes);
  if (std::ssize(counts) < folds) return {};
  std::vector<double> totals(counts[0].size());
  for (const auto& group : counts)
    for (std::size_t c = 0; c < totals.size(); ++c) totals[c] += group[c];
  std::vector<uint32_t> order = permutation(std::ssize(counts), seed, SplitDraws::folds);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return sum(counts[a]) > sum(counts[b]); });
  std::vector<std::vector<double>> held(static_cast<std::size_t>(folds), std::vector<double>(totals.size()));
  std::vector<int32_t> fold_of_group(counts.size());
  for (const uint32_t group : order) {
    std::size_t best = 0;
    for (std::size_t k = 1; k < held.size(); ++k) {
      const double here = crowding(held[k], counts[group], totals);
      const double there = crowding(held[best], counts[group], totals);
      if (here < there || (here == there && sum(held[k]) < sum(held[best]))) best = k;
    }
    for (std::size_t c = 0; c < totals.size(); ++c) held[best][c] += counts[group][c];
    fold_of_group[group] = static_cast<int32_t>(best);
  }
  std::vector<int32_t> fold_of_row;
  for (const int32_t group : groups) fold_of_row.push_back(fold_of_group[static_cast<std::size_t>(group)]);
  return splits_of(fold_of_row, folds);
}

std::vector<Split> expanding_windows(std::span<const int32_t> times, int64_t folds) {
  const auto rows = std::ssize(times);
  const std::vector<uint32_t> order = in_time(times);
  std::vector<Split> splits;
  const auto boundary = [&](int64_t k) {
    int64_t at = rows - (folds - k) * (rows / (folds + 1));
    while (at > 0 && at < rows &&
           times[order[static_cast<std::size_t>(at)]] == times[order[static_cast<std::size_t>(at - 1)]])
      ++at;
    return at;
  };
  for (int64_t k = 0; k < folds; ++k) {
    const int64_t from = boundary(k);
    const int64_t to = boundary(k + 1);
    if (from == 0 || from >= to) return {};
    Split split{{order.begin(), order.begin() + from}, {order.begin() + from, order.begin() + to}};
    std::sort(split.training.begin(), split.training.end());
    std::sort(split.validation.begin(), split.validation.end());
    splits.push_back(std::move(split));
  }
  return splits;
}

}  // namespace gradus
