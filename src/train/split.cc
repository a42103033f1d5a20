#include "train/split.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/random.h"

namespace gradus {

namespace {

int64_t wanted_rows(double fraction, std::size_t rows) {
  if (!(fraction > 0.0) || rows < 2) return 0;
  const auto count = static_cast<int64_t>(rows);
  return std::clamp<int64_t>(static_cast<int64_t>(std::floor(fraction * static_cast<double>(rows) + 0.5)), 1,
                             count - 1);
}

Split split_of(const std::vector<uint8_t>& validates) {
  Split split;
  const auto validation = static_cast<std::size_t>(std::count(validates.begin(), validates.end(), uint8_t{1}));
  split.validation.reserve(validation);
  split.training.reserve(validates.size() - validation);
  for (uint32_t row = 0; row < validates.size(); ++row)
    (validates[row] ? split.validation : split.training).push_back(row);
  return split;
}

// How many of each class validate: the whole part of its share, then one more by largest remainder (the lower class of
// equal ones) until `wanted` is reached; a class keeps one training row.
std::vector<int64_t> allocate(const std::vector<int64_t>& sizes, double fraction, int64_t wanted) {
  std::vector<int64_t> taken(sizes.size());
  std::vector<double> remainder(sizes.size());
  std::vector<std::size_t> by_remainder(sizes.size());
  std::iota(by_remainder.begin(), by_remainder.end(), std::size_t{0});
  int64_t total = 0;
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    const double share = fraction * static_cast<double>(sizes[c]);
    taken[c] = std::min(static_cast<int64_t>(std::floor(share)), std::max<int64_t>(sizes[c] - 1, 0));
    remainder[c] = share - static_cast<double>(taken[c]);
    total += taken[c];
  }
  std::stable_sort(by_remainder.begin(), by_remainder.end(),
                   [&](std::size_t a, std::size_t b) { return remainder[a] > remainder[b]; });
  for (const std::size_t c : by_remainder) {
    if (total >= wanted) break;
    if (taken[c] + 1 >= sizes[c]) continue;
    ++taken[c];
    ++total;
  }
  return taken;
}

/// `stream`: one for each time that the rows are split.
Split split_once(int64_t rows, std::span<const int32_t> classes, double fraction, uint64_t seed, SplitDraws stream) {
  const auto count = static_cast<std::size_t>(rows);
  const int64_t wanted = wanted_rows(fraction, count);

  // Without classes all rows are one class. Unknown classes (-1) share the last one.
  int32_t class_count = 1;
  for (const int32_t c : classes) class_count = std::max(class_count, c + 2);
  const auto class_of = [&](uint32_t row) {
    if (classes.empty()) return std::size_t{0};
    return static_cast<std::size_t>(classes[row] < 0 ? class_count - 1 : classes[row]);
  };
  std::vector<int64_t> sizes(static_cast<std::size_t>(class_count));
  for (uint32_t row = 0; row < count; ++row) ++sizes[class_of(row)];
  std::vector<int64_t> left(sizes.size());
  if (wanted > 0) left = allocate(sizes, fraction, wanted);

  std::vector<uint8_t> validates(count);
  for (const uint32_t row : permutation(rows, seed, stream)) {
    int64_t& quota = left[class_of(row)];
    if (quota == 0) continue;
    --quota;
    validates[row] = 1;
  }
  return split_of(validates);
}

}  // namespace

Split split_groups(std::span<const int32_t> groups, double fraction, uint64_t seed) {
  std::vector<int64_t> sizes;
  for (const int32_t group : groups) {
    if (group >= std::ssize(sizes)) sizes.resize(static_cast<std::size_t>(group) + 1);
    ++sizes[static_cast<std::size_t>(group)];
  }
  const int64_t wanted = wanted_rows(fraction, groups.size());
  std::vector<uint8_t> taken(sizes.size());
  int64_t rows = 0;
  std::size_t groups_taken = 0;
  for (const uint32_t group : permutation(std::ssize(sizes), seed, SplitDraws::groups)) {
    if (wanted == 0 || groups_taken + 1 >= sizes.size()) break;
    const bool nearer = std::abs(rows + sizes[group] - wanted) < std::abs(rows - wanted);
    if (!nearer && groups_taken > 0) continue;
    taken[group] = 1;
    rows += sizes[group];
    ++groups_taken;
  }
  std::vector<uint8_t> validates(groups.size());
  for (std::size_t row = 0; row < groups.size(); ++row) validates[row] = taken[static_cast<std::size_t>(groups[row])];
  return split_of(validates);
}

Split split_in_time(std::span<const int32_t> times, double fraction) {
  const std::vector<uint32_t> order = in_time(times);
  std::vector<uint8_t> validates(times.size());
  std::size_t first = order.size() - static_cast<std::size_t>(wanted_rows(fraction, order.size()));
  const auto tied = [&](std::size_t at) { return at < order.size() && times[order[at]] == times[order[at - 1]]; };
  std::size_t earlier = first;
  while (earlier > 0 && tied(earlier)) --earlier;
  if (earlier > 0) {
    first = earlier;
  } else {
    while (tied(first)) ++first;
  }
  for (std::size_t i = first; i < order.size(); ++i) validates[order[i]] = 1;
  return split_of(validates);
}

std::vector<uint32_t> permutation(int64_t rows, uint64_t seed, SplitDraws purpose) {
  std::vector<uint32_t> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), 0u);
  const RandomStream draws(seed, Purpose::split, static_cast<uint32_t>(purpose));
  for (std::size_t i = order.size(); i-- > 1;) std::swap(order[i], order[draws.below(i, i + 1)]);
  return order;
}

std::vector<uint32_t> in_time(std::span<const int32_t> times) {
  std::vector<uint32_t> order(times.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return times[a] < times[b]; });
  return order;
}

Split split_rows(int64_t rows, std::span<const int32_t> classes, double fraction, uint64_t seed) {
  return split_once(rows, classes, fraction, seed, SplitDraws::validation);
}

Split split_rows(int64_t rows, std::span<const int32_t> classes, double validation, double calibration, uint64_t seed) {
  if (calibration == 0.0) return split_rows(rows, classes, validation, seed);
  Split outer = split_once(rows, classes, calibration, seed, SplitDraws::calibration);
  std::vector<int32_t> left;
  for (const uint32_t row : outer.training)
    if (!classes.empty()) left.push_back(classes[row]);
  const Split inner = split_once(std::ssize(outer.training), left, validation, seed, SplitDraws::validation);
  return {pick_rows(outer.training, inner.training), pick_rows(outer.training, inner.validation),
          std::move(outer.validation)};
}

std::vector<uint32_t> pick_rows(std::span<const uint32_t> rows, std::span<const uint32_t> positions) {
  std::vector<uint32_t> picked;
  picked.reserve(positions.size());
  for (const uint32_t position : positions) picked.push_back(rows[position]);
  return picked;
}

}  // namespace gradus
