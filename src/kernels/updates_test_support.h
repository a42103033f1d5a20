// What the tests of the update kernels share.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/test_support.h"

namespace gradus::kernels {

/// Parameters, gradient and three buffers of state, each starting off its alignment.
template <typename T>
struct Vectors {
  Vectors(int64_t size, Values values) : size_(static_cast<std::size_t>(size)) {
    for (uint64_t i = 0; i < 5; ++i) memory[i] = draw<T>(size + 2, i + 10, values);
    for (T& value : memory[3]) value = std::abs(value);  // averages of squares are never negative
    for (T& value : memory[4]) value = std::abs(value);
  }
  std::span<T> theta() { return {memory[0].data() + 1, size_}; }
  std::span<const T> g() { return {memory[1].data() + 1, size_}; }
  std::span<T> first() { return {memory[2].data() + 1, size_}; }
  std::span<T> second() { return {memory[3].data() + 1, size_}; }
  std::span<T> third() { return {memory[4].data() + 1, size_}; }
  std::vector<T> memory[5];

 private:
  std::size_t size_;
};

/// Runs `ours` and `twin` on the same vectors, at every size and on every target; all memory must agree after.
template <typename T, typename Ours, typename Twin>
void expect_same(const Ours& ours, const Twin& twin) {
  on_every_target([&] {
    for (int64_t size = 0; size <= 70; ++size) {
      for (const Values values : {Values::plain, Values::special}) {
        Vectors<T> x(size, values), y(size, values);
        ours(x);
        twin(y);
        for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(same_bits(x.memory[i], y.memory[i])) << size;
      }
    }
  });
}

}  // namespace gradus::kernels
