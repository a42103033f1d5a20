#include "train/split.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/random.h"

namespace gradus {

namespace {

// Positions 0 .. rows - 1 in random order.
std::vector<uint32_t> permutation(int64_t rows, uint64_t seed, uint32_t stream) {
  std::vector<uint32_t> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), 0u);
  const RandomStream draws(seed, Purpose::split, stream);
  for (std::size_t i = order.size(); i-- > 1;) std::swap(order[i], order[draws.below(i, i + 1)]);
  return order;
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
Split split_once(int64_t rows, std::span<const int32_t> classes, double fraction, uint64_t seed, uint32_t stream) {
  Split split;
  const auto count = static_cast<std::size_t>(rows);
  int64_t wanted = static_cast<int64_t>(std::floor(fraction * static_cast<double>(rows) + 0.5));
  wanted = fraction > 0.0 ? std::clamp<int64_t>(wanted, 1, std::max<int64_t>(rows - 1, 1)) : 0;
  if (rows < 2) wanted = 0;

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
  const auto validation = static_cast<std::size_t>(std::count(validates.begin(), validates.end(), uint8_t{1}));
  split.validation.reserve(validation);
  split.training.reserve(count - validation);
  for (uint32_t row = 0; row < count; ++row) (validates[row] ? split.validation : split.training).push_back(row);
  return split;
}

}  // namespace

Split split_rows(int64_t rows, std::span<const int32_t> classes, double fraction, uint64_t seed) {
  return split_once(rows, classes, fraction, seed, 0);
}

Split split_rows(int64_t rows, std::span<const int32_t> classes, double validation, double calibration, uint64_t seed) {
  if (calibration == 0.0) return split_rows(rows, classes, validation, seed);
  Split outer = split_once(rows, classes, calibration, seed, 1);
  std::vector<int32_t> left;
  for (const uint32_t row : outer.training)
    if (!classes.empty()) left.push_back(classes[row]);
  const Split inner = split_once(std::ssize(outer.training), left, validation, seed, 0);
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
