// What the fuzzing of kernels shares: choices by the input's bytes, the memory of a call, and the comparison of a
// kernel with its naive twin on every target of this machine.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradus/matrix_view.h"

#include "base/thread_pool.h"
#include "kernels/target.h"

namespace gradus::kernels {

enum class Values { plain, special };

/// What the input's bytes choose; zeros behind its end.
class Choices {
 public:
  Choices(const uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  int byte() { return at_ < size_ ? data_[at_++] : 0; }
  int below(int bound) { return byte() % bound; }
  /// Mostly what vectors end at, at times what tiles end at, and once a call beyond their blocks.
  int64_t size(int64_t least = 1) {
    const int first = byte();
    if (first < 220) return least + first % 20;
    if (first < 250 || std::exchange(was_large_, true)) return least + first % 36 * 2;
    return 72 + byte();
  }
  uint64_t seed() { return static_cast<uint64_t>(byte()) << 8 | static_cast<uint64_t>(byte()); }
  Values values() { return below(3) == 0 ? Values::special : Values::plain; }
  template <typename T>
  T number() {
    return static_cast<T>(byte()) / T(64);
  }
  std::string_view rest() const { return {reinterpret_cast<const char*>(data_ + at_), size_ - at_}; }

 private:
  const uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
  bool was_large_ = false;
};

/// Equal bits, or both NaN: payloads are outside the contract.
template <typename T>
bool same_bits(T x, T y) {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  return std::bit_cast<Bits>(x) == std::bit_cast<Bits>(y) || (std::isnan(x) && std::isnan(y));
}

template <typename T>
bool same_bits(const std::vector<T>& x, const std::vector<T>& y) {
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!same_bits(x[i], y[i])) return false;
  return true;
}

/// From -2 to 2; where `values` are special, one in seven is NaN, infinite, denormal, a zero, or huge.
template <typename T>
class Draw {
 public:
  Draw(uint64_t seed, Values values) : state_(seed), special_(values == Values::special) {}

  T operator()() {
    using Limits = std::numeric_limits<T>;
    static constexpr T kSpecials[] = {Limits::quiet_NaN(),
                                      Limits::infinity(),
                                      -Limits::infinity(),
                                      Limits::denorm_min(),
                                      -Limits::denorm_min(),
                                      T(0),
                                      -T(0),
                                      Limits::max(),
                                      Limits::min()};
    state_ += 0x9E3779B97F4A7C15;  // splitmix64
    uint64_t z = (state_ ^ state_ >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    z ^= z >> 31;
    if (special_ && z % 64 < std::size(kSpecials)) return kSpecials[z % 64];
    return static_cast<T>(static_cast<double>(z >> 11) * 0x1p-51 - 2.0);
  }

 private:
  uint64_t state_;
  bool special_;
};

/// All the memory of one call: matrices with gaps between their rows, off every alignment but T's own, and vectors;
/// around and between them a value that must survive.
template <typename T>
class Memory {
 public:
  explicit Memory(Choices& choices) : seed_(choices.seed()), values_(choices.values()) {}

  void add(int64_t rows, int64_t columns, int64_t gap) { matrices_.push_back(place(rows, columns, gap)); }
  void add_vector(int64_t count) { vectors_.push_back(place(1, count, 0)); }
  MatrixView<T> operator[](std::size_t i) { return view(matrices_[i]); }
  T* vector(std::size_t i) { return view(vectors_[i]).data(); }

  bool same(const Memory& other) const {
    return same_bits(memory_, other.memory_) && same_bits(doubles, other.doubles);
  }

  std::vector<double> doubles;

 private:
  struct Place {
    int64_t begin, rows, columns, stride;
  };
  static constexpr int64_t kFrame = 3;
  static constexpr T kUntouched = T(12345);

  Place place(int64_t rows, int64_t columns, int64_t gap) {
    Draw<T> draw(++seed_, values_);
    const Place place = {std::ssize(memory_) + kFrame, rows, columns, columns + gap};
    memory_.resize(memory_.size() + static_cast<std::size_t>(rows * (columns + gap) + 2 * kFrame), kUntouched);
    for (int64_t i = 0; i < rows; ++i)
      for (T& value : view(place).row(i)) value = draw();
    return place;
  }
  MatrixView<T> view(const Place& place) {
    return {memory_.data() + place.begin, place.rows, place.columns, place.stride};
  }

  uint64_t seed_;
  Values values_;
  std::vector<Place> matrices_, vectors_;
  std::vector<T> memory_;
};

inline const std::vector<std::string>& targets() {
  static const std::vector<std::string> all = available_targets();
  return all;
}

template <typename T, typename Ours, typename Twin>
void compare(const char* what, const Memory<T>& given, const Ours& ours, const Twin& twin) {
  Memory<T> expected = given;
  twin(expected);
  for (const std::string& target : targets()) {
    set_target(target);
    Memory<T> found = given;
    ours(found);
    if (found.same(expected)) continue;
    std::fprintf(stderr, "%s: other bits on %s than its naive twin's\n", what, target.c_str());
    std::abort();
  }
}

/// One thread; now and then two.
inline ThreadPool& pool_of(Choices& choices) {
  static ThreadPool one(1), two(2);
  return choices.below(64) == 63 ? two : one;
}

// One family of kernels each, on shapes, strides, values and settings that the input chooses.
template <typename T>
void fuzz_products(Choices& choices);
template <typename T>
void fuzz_dense_layers(Choices& choices);
template <typename T>
void fuzz_small_network(Choices& choices);
void fuzz_cholesky(Choices& choices);
template <typename T>
void fuzz_losses(Choices& choices);
template <typename T>
void fuzz_quantiles(Choices& choices);
template <typename T>
void fuzz_updates(Choices& choices);
template <typename T>
void fuzz_normalise(Choices& choices);
template <typename T>
void fuzz_sums(Choices& choices);
void fuzz_numbers(Choices& choices);

}  // namespace gradus::kernels
