// What is timed, and who is timed on it: one file per contender.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gradus/names.h"

namespace gradus::bench {

/// Which operand is stored transposed: nn c = a b, nt c = a b^T, tn c = a^T b; all row-major.
enum class Form { nn, nt, tn };

/// c (m x n), k terms an element.
struct Product {
  Form form = Form::nn;
  int64_t m = 0, n = 0, k = 0;
};

/// A relu network. One output has squared error and the identity; more have softmax and its cross-entropy.
struct Net {
  std::vector<int64_t> widths;  ///< inputs, hidden layers, outputs
  int64_t batch = 1;

  bool classifies() const { return widths.back() > 1; }
};

/// Forward, backward and update from the same `batch` rows again and again.
struct Step {
  Net net;
  Solver solver = Solver::adam;
  int threads = 1;
};

/// So small that the network stays as it is: a batch learned by heart has gradients that underflow, which are slow.
inline constexpr float kStepLearningRate = 1e-7f;

/// A table in memory: `features` (rows x inputs) and, for each row, the index of its class.
struct Data {
  int64_t rows = 0;
  int64_t inputs = 0;
  std::vector<float> features;
  std::vector<float> labels;
};

/// Epochs over shuffled rows with everything that they cost: the order, the gathering, the steps.
struct Epoch {
  Net net;
  Solver solver = Solver::adam;
  std::shared_ptr<const Data> data;
};

/// Does the work `repeats` times and returns the seconds that took. Empty: the contender has no such thing.
using Work = std::function<double(int64_t repeats)>;

template <typename Once>
Work timed(Once once) {
  return [once = std::move(once)](int64_t repeats) {
    const auto start = std::chrono::steady_clock::now();
    for (int64_t i = 0; i < repeats; ++i) once();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
}

/// Runs a program to its end, its output thrown away.
Work process_work(const std::vector<std::string>& command);

class Contender {
 public:
  Contender() = default;
  Contender(const Contender&) = delete;
  Contender& operator=(const Contender&) = delete;
  virtual ~Contender() = default;

  virtual std::string name() const = 0;
  /// Whether it can be run here.
  virtual bool installed() const { return true; }
  /// Its version, and what its speed hangs on: the kernel or the BLAS it runs.
  virtual std::string about() const = 0;

  virtual Work product(const Product&) { return {}; }
  virtual Work step(const Step&) { return {}; }
  virtual Work predict(const Net&) { return {}; }
  virtual Work epoch(const Epoch&) { return {}; }
  /// A process that starts, says its version and ends.
  virtual Work start() { return {}; }
};

/// A value below 1 for operand, feature and weight number `i`: no zeros, no denormals, no two contenders with others.
inline float sample_value(int64_t i) {
  return static_cast<float>((i * 7919 + 13) % 1009) / 1009.0f - 0.4f;
}

/// Everyone, Gradus first.
std::vector<std::unique_ptr<Contender>> contenders();

}  // namespace gradus::bench
