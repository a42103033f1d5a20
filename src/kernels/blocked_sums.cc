#include <algorithm>
#include <cstddef>
#include <iterator>

#include "kernels/reductions.h"

namespace gradus::kernels {
namespace {

constexpr int64_t kBlock = 256;

/// Sums of blocks as they come, folded as the pairwise tree folds them: levels[l] holds 2^l blocks where bit l of
/// `blocks` is set.
class BlockTree {
 public:
  void add(double block) noexcept {
    int level = 0;
    for (; (blocks_ >> level & 1) != 0; ++level) block = levels_[level] + block;
    levels_[level] = block;
    ++blocks_;
  }

  double total() const noexcept {
    double sum = 0.0;
    bool empty = true;
    for (int level = 0; level < 64; ++level) {
      if ((blocks_ >> level & 1) == 0) continue;
      sum = empty ? levels_[level] : levels_[level] + sum;
      empty = false;
    }
    return sum;
  }

 private:
  double levels_[64];
  uint64_t blocks_ = 0;
};

/// sum of term(i) for i < count in the order of contract point 3. Eight blocks go side by side: each is one chain.
template <class Term>
double sum_in_blocks(int64_t count, const Term& term) noexcept {
  constexpr int64_t kSide = 8;
  if (count <= kBlock) {  // no tree: a few losses a step
    double sum = 0.0;
    for (int64_t i = 0; i < count; ++i) sum += term(i);
    return sum;
  }
  BlockTree tree;
  int64_t first = 0;
  for (; first + kSide * kBlock <= count; first += kSide * kBlock) {
    double sums[kSide] = {};
    for (int64_t i = 0; i < kBlock; ++i)
      for (int64_t side = 0; side < kSide; ++side) sums[side] += term(first + side * kBlock + i);
    for (const double sum : sums) tree.add(sum);
  }
  for (; first < count; first += kBlock) {
    double sum = 0.0;
    for (int64_t i = first; i < std::min(count, first + kBlock); ++i) sum += term(i);
    tree.add(sum);
  }
  return tree.total();
}

}  // namespace

template <typename T>
double blocked_sum(std::span<const T> values) noexcept {
  const T* v = values.data();
  return sum_in_blocks(static_cast<int64_t>(values.size()), [v](int64_t i) { return static_cast<double>(v[i]); });
}

template <typename T>
double blocked_sum_of_squares(std::span<const T> values) noexcept {
  return blocked_dot(values, values);
}

template <typename T>
double blocked_dot(std::span<const T> a, std::span<const T> b) noexcept {
  const T* x = a.data();
  const T* y = b.data();
  return sum_in_blocks(static_cast<int64_t>(a.size()),
                       [x, y](int64_t i) { return static_cast<double>(x[i]) * static_cast<double>(y[i]); });
}

void BlockedSum::add(double value) noexcept {
  block_ += value;
  ++count_;
  if (count_ % kBlock == 0) carry_block();
}

void BlockedSum::carry_block() noexcept {
  const int64_t blocks = count_ / kBlock - 1;  // whole blocks before this one
  int level = 0;
  for (; (blocks >> level & 1) != 0; ++level) block_ = levels_[level] + block_;
  levels_[level] = block_;
  block_ = 0.0;
}

void BlockedSum::add(std::span<const double> values) noexcept {
  // A block is one chain of additions; eight chains hide the latency of each.
  constexpr std::size_t kChains = 8;
  constexpr auto kLength = static_cast<std::size_t>(kBlock);
  std::size_t i = 0;
  while (i < values.size() && count_ % kBlock != 0) add(values[i++]);
  for (; values.size() - i >= kChains * kLength; i += kChains * kLength) {
    double chains[kChains] = {};
    const double* at = values.data() + i;
    for (std::size_t k = 0; k < kLength; ++k)
      for (std::size_t c = 0; c < kChains; ++c) chains[c] += at[c * kLength + k];
    for (const double chain : chains) {
      block_ = chain;
      count_ += kBlock;
      carry_block();
    }
  }
  while (i < values.size()) add(values[i++]);
}

BlockedSum::Parts BlockedSum::parts() const noexcept {
  Parts parts{};
  std::copy(std::begin(levels_), std::end(levels_), parts.begin());
  parts[64] = block_;
  parts[65] = static_cast<double>(count_);
  return parts;
}

BlockedSum BlockedSum::from(const Parts& parts) noexcept {
  BlockedSum sum;
  std::copy_n(parts.begin(), 64, sum.levels_);
  sum.block_ = parts[64];
  const double count = parts[65];
  sum.count_ = count >= 0.0 && count < 9007199254740992.0 ? static_cast<int64_t>(count) : 0;
  return sum;
}

double BlockedSum::total() const noexcept {
  const int64_t blocks = count_ / kBlock;
  double sum = block_;
  bool empty = count_ % kBlock == 0;
  for (int level = 0; level < 64; ++level) {
    if ((blocks >> level & 1) == 0) continue;
    sum = empty ? levels_[level] : levels_[level] + sum;
    empty = false;
  }
  return sum;
}

template double blocked_sum(std::span<const float>) noexcept;
template double blocked_sum(std::span<const double>) noexcept;
template double blocked_sum_of_squares(std::span<const float>) noexcept;
template double blocked_sum_of_squares(std::span<const double>) noexcept;
template double blocked_dot(std::span<const float>, std::span<const float>) noexcept;
template double blocked_dot(std::span<const double>, std::span<const double>) noexcept;

}  // namespace gradus::kernels
