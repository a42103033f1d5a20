// Counter-based randomness (Philox 4x32-10, Salmon et al. 2011, by Random123): every draw is a function of its key and
// counter, never of the order in which draws are made.
#pragma once

#include <array>
#include <cstdint>

namespace gradus {

/// What a draw is for. Values are part of the bit contract: never renumber.
enum class Purpose : uint32_t {
  initialize = 1,
  shuffle = 2,
  split = 3,
  dropout = 4,
  gradcheck = 5,
  input_noise = 16,
  embedding = 17,
  member = 18,
  search = 24,
  synthetic_rows = 40,
  report_sample = 48,
  permutation_importance = 49,
};

/// Draws number `index` of a stream named by (seed, purpose, a, b). Two names that differ anywhere never share a draw:
/// the purpose takes the place of the upper byte of the seed in Philox's key, and that byte stands above the index,
/// which is below 2^56, in its counter.
class RandomStream {
 public:
  RandomStream(uint64_t seed, Purpose purpose, uint32_t a = 0, uint32_t b = 0) noexcept;
  /// Four independent 32-bit words at `index`.
  std::array<uint32_t, 4> words(uint64_t index) const noexcept;
  /// Uniform on [0, 1), 53 bits.
  double uniform(uint64_t index) const noexcept;
  /// Uniform on 0 .. bound - 1, bound >= 1 (multiply-shift on 64 bits).
  uint64_t below(uint64_t index, uint64_t bound) const noexcept;

 private:
  uint64_t key_;
  uint64_t above_index_;          // the seed's upper byte, in its place
  std::array<uint32_t, 2> high_;  // the counter's upper half
};

}  // namespace gradus
