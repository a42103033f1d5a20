#include <array>
#include <cmath>
#include <variant>

#include "gradus/network.h"

#include "base/float_mode.h"
#include "base/random.h"
#include "kernels/math.h"

namespace gradus {
namespace {

/// Draw `index` of N(0, 1): Box & Muller (1958), its cosine branch.
double normal(const RandomStream& stream, uint64_t index) {
  const std::array<uint32_t, 4> w = stream.words(index);
  const auto open = [](uint32_t high, uint32_t low) {  // (0, 1]
    return (static_cast<double>((static_cast<uint64_t>(high) << 32 | low) >> 11) + 1.0) * 0x1p-53;
  };
  return std::sqrt(-2.0 * kernels::log(open(w[0], w[1]))) * kernels::cos_2pi(open(w[2], w[3]));
}

/// Variance of one weight. Glorot & Bengio 2010; He et al. 2015; LeCun et al. 1998.
double variance(Initializer initializer, int64_t inputs, int64_t outputs) {
  const auto fan_in = static_cast<double>(inputs);
  switch (initializer) {
    case Initializer::glorot_uniform:
    case Initializer::glorot_normal:
      return 2.0 / (fan_in + static_cast<double>(outputs));
    case Initializer::he_uniform:
    case Initializer::he_normal:
      return 2.0 / fan_in;
    case Initializer::lecun_uniform:
    case Initializer::lecun_normal:
      return 1.0 / fan_in;
  }
  return 0.0;
}

bool is_uniform(Initializer initializer) {
  return initializer == Initializer::glorot_uniform || initializer == Initializer::he_uniform ||
         initializer == Initializer::lecun_uniform;
}

template <typename T>
void initialize_layer(BasicNetwork<T>& network, int64_t affine, Initializer initializer, uint64_t seed) {
  const MatrixView<T> weight = network.weight(affine);
  const RandomStream stream(seed, Purpose::initialize, static_cast<uint32_t>(affine));
  const double deviation = std::sqrt(variance(initializer, weight.rows(), weight.columns()));
  const double limit = std::sqrt(3.0) * deviation;  // a uniform on +-limit has this deviation
  const bool uniform = is_uniform(initializer);
  for (int64_t j = 0; j < weight.rows(); ++j) {
    for (int64_t i = 0; i < weight.columns(); ++i) {
      const auto index = static_cast<uint64_t>(j * weight.columns() + i);
      const double draw = uniform ? (2.0 * stream.uniform(index) - 1.0) * limit : normal(stream, index) * deviation;
      weight(j, i) = static_cast<T>(draw);
    }
  }
  for (T& b : network.bias(affine)) b = T(0);
}

Initializer initializer_for(Activation activation) {
  switch (activation) {
    case Activation::relu:
    case Activation::leaky_relu:
    case Activation::elu:
    case Activation::gelu:
    case Activation::silu:
    case Activation::mish:
      return Initializer::he_uniform;
    case Activation::selu:
      return Initializer::lecun_normal;
    default:
      return Initializer::glorot_uniform;
  }
}

}  // namespace

template <typename T>
void BasicNetwork<T>::initialize(Initializer initializer, uint64_t seed) {
  const FloatMode float_mode;
  for (int64_t affine = 0; affine < affine_count(); ++affine) initialize_layer(*this, affine, initializer, seed);
}

template <typename T>
void BasicNetwork<T>::initialize(uint64_t seed) {
  const FloatMode float_mode;
  int64_t affine = -1;
  Initializer chosen = Initializer::glorot_uniform;  // for a layer that no activation follows
  const auto finish = [&] {
    if (affine >= 0) initialize_layer(*this, affine, chosen, seed);
    chosen = Initializer::glorot_uniform;
  };
  for (const Op& op : spec().ops) {
    if (std::holds_alternative<Affine>(op)) {
      finish();
      ++affine;
    } else if (const auto* activate = std::get_if<Activate>(&op)) {
      chosen = initializer_for(activate->activation);
    }
  }
  finish();
}

template void BasicNetwork<float>::initialize(Initializer, uint64_t);
template void BasicNetwork<double>::initialize(Initializer, uint64_t);
template void BasicNetwork<float>::initialize(uint64_t);
template void BasicNetwork<double>::initialize(uint64_t);

}  // namespace gradus
