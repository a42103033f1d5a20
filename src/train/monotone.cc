#include "train/monotone.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gradus/error.h"

#include "kernels/regularise.h"
#include "nn/head.h"
#include "nn/pass.h"

namespace gradus {
namespace {

/// Thirds of each sign; halves where no input is free.
template <typename T>
std::vector<T> hidden_signs(int64_t width, bool any_free) {
  const std::vector<T> pattern = any_free ? std::vector<T>{T(1), T(-1), T(0)} : std::vector<T>{T(1), T(-1)};
  std::vector<T> signs;
  for (std::size_t i = 0; i < static_cast<std::size_t>(width); ++i) signs.push_back(pattern[i % pattern.size()]);
  return signs;
}

void check_signs(std::string_view what, std::span<const int> signs, int64_t wanted, int least) {
  const bool known = std::all_of(signs.begin(), signs.end(),
                                 [&](int sign) { return sign == 1 || sign == -1 || (sign == 0 && least == 0); });
  if (std::ssize(signs) != wanted || !known)
    throw Error(ErrorCode::usage, fmt::format("{}: found {} values, expected {} of {}", what, signs.size(), wanted,
                                              least == 0 ? "1, 0 or -1" : "1 or -1"));
}

void check_activation(Activation activation) {
  if (never_falls(activation)) return;
  throw Error(ErrorCode::usage, fmt::format("activation: found {} with monotone columns, expected one that never falls",
                                            name(activation)));
}

}  // namespace

bool never_falls(Activation activation) noexcept {
  return activation != Activation::gelu && activation != Activation::silu && activation != Activation::mish;
}

template <typename T>
MonotoneSigns<T>::MonotoneSigns(const Plan& plan, std::span<const int> inputs, std::span<const int> outputs)
    : plan_(plan) {
  if (std::all_of(inputs.begin(), inputs.end(), [](int sign) { return sign == 0; })) return;
  check_signs("monotone", inputs, plan.inputs, 0);
  if (!outputs.empty()) check_signs("monotone_outputs", outputs, plan.outputs, 1);
  if (has_softmax(plan.head.loss) && outputs.empty())
    throw Error(ErrorCode::usage, "monotone_outputs: found none with a softmax, expected a sign for each class");
  for (const PlannedOp& planned : plan.ops)
    if (const auto* activate = std::get_if<Activate>(&planned.op)) check_activation(activate->activation);
  check_activation(plan.head.activation);
  if (!plan.norms.empty())
    throw Error(ErrorCode::usage, "normalization: found with monotone columns, expected none, as it mixes their signs");
  units_.emplace_back(inputs.begin(), inputs.end());
  const bool any_free = std::count(inputs.begin(), inputs.end(), 0) > 0;
  for (std::size_t l = 0; l + 1 < plan.affines.size(); ++l)
    units_.push_back(hidden_signs<T>(plan.affines[l].outputs, any_free));
  units_.emplace_back(static_cast<std::size_t>(plan.outputs), T(1));
  if (!outputs.empty()) std::copy(outputs.begin(), outputs.end(), units_.back().begin());
}

template <typename T>
void MonotoneSigns<T>::project(std::span<T> parameters) const noexcept {
  for (std::size_t l = 0; l + 1 < units_.size(); ++l) {
    const MatrixView<T> weight = affine_view(plan_.affines[l], parameters).weight;
    for (int64_t j = 0; j < weight.rows(); ++j)
      if (const T sign = units_[l][static_cast<std::size_t>(j)]; sign != T(0))
        kernels::keep_signs<T>(weight.row(j), sign, units_[l + 1]);
  }
}

template <typename T>
void MonotoneSigns<T>::turn(std::span<T> parameters) const noexcept {
  for (std::size_t l = 0; l + 1 < units_.size(); ++l) {
    const MatrixView<T> weight = affine_view(plan_.affines[l], parameters).weight;
    for (int64_t j = 0; j < weight.rows(); ++j)
      for (int64_t i = 0; i < weight.columns(); ++i)
        if (units_[l][static_cast<std::size_t>(j)] * units_[l + 1][static_cast<std::size_t>(i)] * weight(j, i) < T(0))
          weight(j, i) = -weight(j, i);
  }
  project(parameters);
}

template <typename T>
void impose_signs(BasicNetwork<T>& network, const TrainerOptions& options) {
  if (options.monotone.empty()) return;
  const Plan plan = compile(network.spec());
  const MonotoneSigns<T> signs(plan, options.monotone, options.monotone_outputs);
  if (!signs.none()) signs.turn(network.parameters());
}

template class MonotoneSigns<float>;
template class MonotoneSigns<double>;
template void impose_signs(BasicNetwork<float>&, const TrainerOptions&);
template void impose_signs(BasicNetwork<double>&, const TrainerOptions&);

}  // namespace gradus
