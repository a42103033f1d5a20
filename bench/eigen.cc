// Products of dynamic sizes, and prediction as a chain of layers whose sizes are known to the compiler (what RTNeural
// does with Eigen). Compiled with -O3 -march=native.
#define EIGEN_STACK_ALLOCATION_LIMIT 0  // weights of compile-time size are larger; they live on the heap
#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "operands.h"
#include "rivals.h"

namespace gradus::bench {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Map = Eigen::Map<RowMajor, Eigen::Aligned64>;

void run(Operands& o) {
  Map a(o.a.data(), o.a_transposed() ? o.p.k : o.p.m, o.a_stride());
  Map b(o.b.data(), o.b_transposed() ? o.p.n : o.p.k, o.b_stride());
  Map c(o.c.data(), o.p.m, o.p.n);
  switch (o.p.form) {
    case Form::nn:
      c.noalias() = a * b;
      return;
    case Form::nt:
      c.noalias() = a * b.transpose();
      return;
    case Form::tn:
      c.noalias() = a.transpose() * b;
      return;
  }
}

/// z = W a + b of compile-time sizes, W stored in `Order`.
template <int Inputs, int Outputs, int Order>
struct Layer {
  Layer() {
    for (int i = 0; i < Outputs; ++i) {
      bias(i) = sample_value(i);
      for (int j = 0; j < Inputs; ++j) weight(i, j) = sample_value(i * Inputs + j) / 16.0f;
    }
  }
  template <typename In>
  void apply(const In& a, Eigen::Matrix<float, Outputs, 1>& z) const {
    z.noalias() = weight * a;
    z += bias;
  }
  /// A single row has one order only.
  Eigen::Matrix<float, Outputs, Inputs, Outputs == 1 ? int{Eigen::RowMajor} : Order> weight;
  Eigen::Matrix<float, Outputs, 1> bias;
};

template <int Order, int Inputs, int... Widths>
struct Chain;

template <int Order, int Inputs, int Outputs>
struct Chain<Order, Inputs, Outputs> {
  EIGEN_MAKE_ALIGNED_OPERATOR_NEW
  template <typename In>
  void run(const In& a) {
    layer.apply(a, out);
    if constexpr (Outputs > 1) {
      out.array() = (out.array() - out.maxCoeff()).exp();
      out /= out.sum();
    }
  }
  Layer<Inputs, Outputs, Order> layer;
  Eigen::Matrix<float, Outputs, 1> out;
};

template <int Order, int Inputs, int Width, int Next, int... Rest>
struct Chain<Order, Inputs, Width, Next, Rest...> {
  EIGEN_MAKE_ALIGNED_OPERATOR_NEW
  template <typename In>
  void run(const In& a) {
    layer.apply(a, hidden);
    hidden = hidden.cwiseMax(0.0f);
    rest.run(hidden);
  }
  Layer<Inputs, Width, Order> layer;
  Eigen::Matrix<float, Width, 1> hidden;
  Chain<Order, Width, Next, Rest...> rest;
};

template <int Order, int Inputs, int... Widths>
struct Predicting {
  EIGEN_MAKE_ALIGNED_OPERATOR_NEW
  Predicting() {
    for (int i = 0; i < Inputs; ++i) input(i) = sample_value(i);
  }
  void run() {
    asm volatile("" ::"r"(this) : "memory");  // the input may have changed, the output is read
    chain.run(input);
  }
  Eigen::Matrix<float, Inputs, 1> input;
  Chain<Order, Inputs, Widths...> chain;
};

/// Which storage order of the weights suits Eigen depends on the sizes: the faster of the two is its entry.
template <int... Widths>
Work chain_of() {
  const auto columns = std::make_shared<Predicting<Eigen::ColMajor, Widths...>>();
  const auto rows = std::make_shared<Predicting<Eigen::RowMajor, Widths...>>();
  return [by_columns = timed([columns] { columns->run(); }), by_rows = timed([rows] { rows->run(); })](
             int64_t repeats) { return std::min(by_columns(repeats), by_rows(repeats)); };
}

class EigenContender : public Contender {
 public:
  std::string name() const override { return "Eigen"; }
  std::string about() const override {
    return fmt::format("{}.{}.{}, -O3 -march=native ({}); prediction: compile-time sizes, better of both weight orders",
                       EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION,
                       Eigen::SimdInstructionSetsInUse());
  }
  Work product(const Product& product) override {
    return timed([o = std::make_shared<Operands>(product)] { run(*o); });
  }
  Work predict(const Net& net) override {
    if (net.batch != 1) return {};
    if (net.widths == std::vector<int64_t>{16, 32, 1}) return chain_of<16, 32, 1>();
    if (net.widths == std::vector<int64_t>{64, 128, 64, 10}) return chain_of<64, 128, 64, 10>();
    if (net.widths == std::vector<int64_t>{784, 512, 256, 10}) return chain_of<784, 512, 256, 10>();
    return {};
  }
};

}  // namespace

std::unique_ptr<Contender> eigen_contender() {
  return std::make_unique<EigenContender>();
}

}  // namespace gradus::bench
