#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "gradus/error.h"
#include "gradus/network.h"

#include "base/buffer.h"
#include "base/float_mode.h"
#include "base/random.h"
#include "base/thread_pool.h"
#include "kernels/math.h"
#include "kernels/reductions.h"
#include "nn/embed.h"
#include "nn/norm.h"
#include "nn/normal.h"
#include "nn/orthogonal.h"
#include "nn/pass.h"
#include "nn/plan.h"
#include "nn/workspace.h"

namespace gradus {
namespace {

constexpr double kUsualScale = 0.05;  // of uniform and normal, as in Keras

/// Variance of one weight. Glorot & Bengio 2010; He et al. 2015; LeCun et al. 1998.
double variance(Initializer initializer, int64_t inputs, int64_t outputs, std::optional<double> scale) {
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
    case Initializer::uniform:
      return scale.value_or(kUsualScale) * scale.value_or(kUsualScale) / 3.0;
    case Initializer::normal:
      return scale.value_or(kUsualScale) * scale.value_or(kUsualScale);
    case Initializer::zeros:
    case Initializer::orthogonal:
    case Initializer::lsuv:
      break;
  }
  return 0.0;
}

bool is_uniform(Initializer initializer) {
  return initializer == Initializer::glorot_uniform || initializer == Initializer::he_uniform ||
         initializer == Initializer::lecun_uniform || initializer == Initializer::uniform;
}

/// `scale` times a random orthogonal matrix, or the part of one that fits (Saxe et al. 2014).
template <typename T>
void fill_orthogonal(MatrixView<T> weight, const RandomStream& stream, double scale) {
  const bool tall = weight.rows() >= weight.columns();
  const int64_t k = std::min(weight.rows(), weight.columns()), n = std::max(weight.rows(), weight.columns());
  AlignedBuffer<double> draws(k * n);
  for (int64_t index = 0; index < k * n; ++index)
    draws.data()[index] = normal_draw(stream, static_cast<uint64_t>(index));
  const MatrixView<double> q(draws.data(), k, n);
  ThreadPool pool(1);
  orthonormalize_rows(q, pool);
  for (int64_t j = 0; j < weight.rows(); ++j)
    for (int64_t i = 0; i < weight.columns(); ++i) weight(j, i) = static_cast<T>(scale * (tall ? q(i, j) : q(j, i)));
}

template <typename T>
void initialize_layer(BasicNetwork<T>& network, int64_t affine, Initializer initializer, uint64_t seed,
                      std::optional<double> scale = {}) {
  const MatrixView<T> weight = network.weight(affine);
  const RandomStream stream(seed, Purpose::initialize, static_cast<uint32_t>(affine));
  for (T& b : network.bias(affine)) b = T(0);
  if (initializer == Initializer::orthogonal) return fill_orthogonal(weight, stream, scale.value_or(1.0));
  const double deviation = std::sqrt(variance(initializer, weight.rows(), weight.columns(), scale));
  const double limit = std::sqrt(3.0) * deviation;  // a uniform on +-limit has this deviation
  const bool uniform = is_uniform(initializer);
  for (int64_t j = 0; j < weight.rows(); ++j) {
    for (int64_t i = 0; i < weight.columns(); ++i) {
      const auto index = static_cast<uint64_t>(j * weight.columns() + i);
      const double draw =
          uniform ? (2.0 * stream.uniform(index) - 1.0) * limit : normal_draw(stream, index) * deviation;
      weight(j, i) = static_cast<T>(draw);
    }
  }
}

/// Of all elements about their mean.
template <typename T>
double variance_of(MatrixView<const T> z) {
  const double count = static_cast<double>(z.rows()) * static_cast<double>(z.columns());
  kernels::BlockedSum sum, squares;
  for (int64_t i = 0; i < z.rows(); ++i)
    for (const T value : z.row(i)) sum.add(static_cast<double>(value));
  const double mean = sum.total() / count;
  for (int64_t i = 0; i < z.rows(); ++i)
    for (const T value : z.row(i))
      squares.add((static_cast<double>(value) - mean) * (static_cast<double>(value) - mean));
  return squares.total() / count;
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
void BasicNetwork<T>::initialize(Initializer initializer, uint64_t seed, std::optional<double> scale) {
  const FloatMode float_mode;
  if (initializer == Initializer::lsuv)
    throw Error(ErrorCode::usage, "initializer: found lsuv without data, expected another, or initialize_from");
  reset_norms<T>(compile(spec()), parameters());
  reset_factors<T>(compile(spec()), parameters());
  reset_embeddings<T>(compile(spec()), seed, parameters());
  for (int64_t affine = 0; affine < affine_count(); ++affine) initialize_layer(*this, affine, initializer, seed, scale);
}

template <typename T>
void BasicNetwork<T>::initialize_from(MatrixView<const T> x, uint64_t seed) {
  const FloatMode float_mode;
  initialize(Initializer::orthogonal, seed);
  const Plan plan = compile(spec());
  Workspace<T> workspace(plan, x.rows(), false);
  ThreadPool pool(1);
  for (int64_t affine = 0; affine < affine_count(); ++affine) {
    forward<T>(plan, std::as_const(*this).parameters(), x, nullptr, workspace, pool);
    const MatrixView<const T> z = workspace.value(plan.affine_ops[static_cast<std::size_t>(affine)], x.rows());
    const double factor = 1.0 / std::sqrt(variance_of<T>(z));
    if (!std::isfinite(factor)) continue;  // the same z in every row and unit
    for (int64_t j = 0; j < weight(affine).rows(); ++j)
      for (T& w : weight(affine).row(j)) w = static_cast<T>(static_cast<double>(w) * factor);
  }
}

template <typename T>
void BasicNetwork<T>::initialize(uint64_t seed) {
  const FloatMode float_mode;
  reset_norms<T>(compile(spec()), parameters());
  reset_factors<T>(compile(spec()), parameters());
  reset_embeddings<T>(compile(spec()), seed, parameters());
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

template void BasicNetwork<float>::initialize(Initializer, uint64_t, std::optional<double>);
template void BasicNetwork<double>::initialize(Initializer, uint64_t, std::optional<double>);
template void BasicNetwork<float>::initialize_from(MatrixView<const float>, uint64_t);
template void BasicNetwork<double>::initialize_from(MatrixView<const double>, uint64_t);
template void BasicNetwork<float>::initialize(uint64_t);
template void BasicNetwork<double>::initialize(uint64_t);

}  // namespace gradus
