// A small regression for the tests of training, and networks for it.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "gradus/matrix_view.h"
#include "gradus/network.h"

#include "base/random.h"

namespace gradus {

inline constexpr int64_t kRows = 300;

/// y = sin(x1) + x2 / 2 on random points.
template <typename T>
struct Problem {
  Problem() : x(kRows * 2), y(kRows) {
    const RandomStream draws(5, Purpose::gradcheck);
    for (std::size_t i = 0; i < y.size(); ++i) {
      x[2 * i] = static_cast<T>(4.0 * draws.uniform(2 * i) - 2.0);
      x[2 * i + 1] = static_cast<T>(4.0 * draws.uniform(2 * i + 1) - 2.0);
      y[i] = static_cast<T>(std::sin(static_cast<double>(x[2 * i])) + static_cast<double>(x[2 * i + 1]) / 2.0);
    }
  }
  MatrixView<const T> features() const { return {x.data(), kRows, 2}; }
  MatrixView<const T> targets() const { return {y.data(), kRows, 1}; }
  std::vector<T> x, y;
};

template <typename T>
BasicNetwork<T> small_network(uint64_t seed = 1, double dropout = 0.0) {
  BasicNetwork<T> network(
      multilayer(2, std::vector<HiddenLayer>{{37, Activation::silu, dropout}, {19, Activation::tanh, 0.0}}, 1, {}));
  network.initialize(seed);
  return network;
}

}  // namespace gradus
