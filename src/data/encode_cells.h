// One cell into its features: the one place that says how, for tables and for streamed rows alike.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "data/encoder.h"

namespace gradus {

/// A value beyond T's range, which only a row unlike any in training has, becomes the largest T: converting it as it is
/// would be undefined.
template <typename T>
T to_feature(double value) noexcept {
  constexpr auto kMost = static_cast<double>(std::numeric_limits<T>::max());
  return static_cast<T>(value > kMost ? kMost : (value < -kMost ? -kMost : value));
}

/// Holzmueller et al. 2024 for the clip.
inline double scaled(const NumericEncoding& encoding, double x) noexcept {
  const double y = (x - encoding.mean) * encoding.scale;
  return encoding.smooth_clip ? y / std::sqrt(1.0 + (y / 3.0) * (y / 3.0)) : y;
}

/// `value` is not missing.
template <typename T>
T standardise(const NumericEncoding& encoding, double value) noexcept {
  const double x = encoding.wide ? value : static_cast<double>(to_feature<float>(value));
  return to_feature<T>(scaled(encoding, x));
}

template <typename T>
T fill_feature(const NumericEncoding& encoding) noexcept {
  return to_feature<T>(scaled(encoding, encoding.fill));
}

/// Which feature of the column is 1. `category` -1: unseen.
inline int64_t hot_feature(const CategoryEncoding& encoding, int64_t category, bool missing) noexcept {
  const auto unknown = static_cast<int64_t>(encoding.categories.size());
  if (missing) return encoding.indicator ? unknown + 1 : unknown;
  return category < 0 ? unknown : category;
}

/// One cell of a column of categories into its features. `category` -1: unseen.
template <typename T>
void write_category(const CategoryEncoding& encoding, int64_t category, bool missing, std::span<T> features) noexcept {
  const int64_t hot = hot_feature(encoding, category, missing);
  if (encoding.form == CategoryEncoding::Form::index) {
    features[0] = static_cast<T>(hot);
    return;
  }
  std::fill(features.begin(), features.end(), T{0});
  if (encoding.form == CategoryEncoding::Form::one_hot) {
    features[static_cast<std::size_t>(hot)] = T{1};
  } else {
    features[0] = hot == 0 ? T{-1} : hot == 1 ? T{1} : T{0};
    if (encoding.indicator) features[1] = missing ? T{1} : T{0};
  }
}

/// The index of `text` among the categories, -1 when it isn't there.
inline int64_t find_category(const CategoryEncoding& encoding, std::string_view text) noexcept {
  const auto found = std::lower_bound(encoding.categories.begin(), encoding.categories.end(), text);
  return found != encoding.categories.end() && *found == text ? found - encoding.categories.begin() : -1;
}

}  // namespace gradus
