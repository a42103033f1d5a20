// Rows of losses and norms, updates, sums down columns, and numbers in decimal.
#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/adaptive_updates.h"
#include "kernels/column_moments.h"
#include "kernels/losses.h"
#include "kernels/naive.h"
#include "kernels/normalise.h"
#include "kernels/numbers.h"
#include "kernels/reductions.h"
#include "kernels/regularise.h"
#include "kernels/updates.h"
#include "kernels_support.h"

namespace gradus::kernels {

/// A kernel and its naive twin, called alike on the memory `x`.
#define GRADUS_COMPARE(name, ...) \
  compare(                        \
      #name, given, [&](Memory<T>& x) { name<T>(__VA_ARGS__); }, [&](Memory<T>& x) { naive::name<T>(__VA_ARGS__); })

template <typename T>
void fuzz_losses(Choices& choices) {
  const int64_t rows = choices.size(0), columns = choices.size();
  const int which = choices.below(11), in_place = choices.below(3);
  const bool labels = which < 2;
  const T p = choices.number<T>(), scale = choices.number<T>();
  const double smoothing = static_cast<double>(choices.below(100)) / 100.0;
  Memory<T> given(choices);
  given.add(rows, columns, choices.below(4)), given.add(rows, labels ? 1 : columns, 1), given.add(rows, columns, 2);
  for (int64_t i = 0; labels && i < rows; ++i) given[1](i, 0) = static_cast<T>(i * 7 % columns);
  given.add_vector(rows);
  const auto rows_of = [&](Memory<T>& x) {
    const MatrixView<T> delta = in_place == 0 ? x[2] : in_place == 1 ? x[0] : MatrixView<T>();
    return LossRows<T>{x[0], x[1], scale, delta, {x.vector(0), static_cast<std::size_t>(rows)}};
  };
  switch (which) {
    case 0:
      GRADUS_COMPARE(softmax_cross_entropy_rows, rows_of(x), smoothing);
      break;
    case 1:
      GRADUS_COMPARE(softmax_focal_rows, rows_of(x), p);
      break;
    case 2:
      GRADUS_COMPARE(sigmoid_cross_entropy_rows, rows_of(x), smoothing);
      break;
    case 3:
      GRADUS_COMPARE(sigmoid_focal_rows, rows_of(x), p);
      break;
    case 4:
      GRADUS_COMPARE(hinge_rows, rows_of(x));
      break;
    case 5:
      GRADUS_COMPARE(squared_error_rows, rows_of(x));
      break;
    case 6:
      GRADUS_COMPARE(absolute_error_rows, rows_of(x));
      break;
    case 7:
      GRADUS_COMPARE(huber_rows, rows_of(x), p + T(0.01));
      break;
    case 8:
      GRADUS_COMPARE(log_cosh_rows, rows_of(x));
      break;
    case 9:
      GRADUS_COMPARE(poisson_rows, rows_of(x));
      break;
    default:
      GRADUS_COMPARE(softmax_rows, x[0], x[in_place == 0 ? 2 : 0]);
  }
}

template <typename T>
void fuzz_quantiles(Choices& choices) {
  const int64_t rows = choices.size(0), targets = 1 + choices.below(5), count = 1 + choices.below(20);
  std::vector<double> taus;
  for (int64_t q = 0; q < count; ++q) taus.push_back(static_cast<double>(q + 1) / static_cast<double>(count + 1));
  const T scale = choices.number<T>();
  Memory<T> given(choices);
  given.add(rows, targets * count, choices.below(4)), given.add(rows, targets, 1);
  given.add(rows, targets * count, 2), given.add(rows, targets * count, 0);
  given.add_vector(rows);
  const auto rows_of = [&](Memory<T>& x) {
    return LossRows<T>{x[0], x[1], scale, x[2], {x.vector(0), static_cast<std::size_t>(rows)}};
  };
  compare(
      "quantiles", given,
      [&](Memory<T>& x) {
        std::vector<T> scratch(static_cast<std::size_t>(rows * targets * count));
        quantile_rows<T>(rows_of(x), taus, {scratch.data(), rows, targets * count});
        quantile_outputs_rows<T>(x[0], count, x[3]);
      },
      [&](Memory<T>& x) {
        naive::quantile_rows<T>(rows_of(x), taus);
        naive::quantile_outputs_rows<T>(x[0], count, x[3]);
      });
}

template <typename T>
void fuzz_updates(Choices& choices) {
  const int64_t size = choices.size(0);
  const int which = choices.below(17);
  std::array<T, 7> s;
  for (T& setting : s) setting = choices.number<T>();
  const bool flag = choices.below(2) == 1;
  Memory<T> given(choices);
  for (int i = 0; i < 5; ++i) given.add(1, size, choices.below(4));
  for (const std::size_t never_negative : {std::size_t{3}, std::size_t{4}})
    for (T& value : given[never_negative].row(0)) value = std::abs(value);
  const auto theta = [](Memory<T>& x) { return x[0].row(0); };
  const auto g = [](Memory<T>& x) { return std::span<const T>(x[1].row(0)); };
  const auto first = [](Memory<T>& x) { return x[2].row(0); };
  const auto second = [](Memory<T>& x) { return x[3].row(0); };
  const auto third = [](Memory<T>& x) { return x[4].row(0); };
  const AdamStep<T> adam = {s[0], s[1], s[2], s[3], s[4], s[5], s[6]};
  const NadamStep<T> nadam = {s[0], s[1], s[2], s[3], s[4], s[5], s[6]};
  const RpropStep<T> rprop = {s[0], s[1], s[2], s[2] + s[3]};
  switch (which) {
    case 0:
      GRADUS_COMPARE(add_l2, g(x), s[0], theta(x));
      break;
    case 1:
      GRADUS_COMPARE(sgd_update, theta(x), g(x), s[0]);
      break;
    case 2:
      GRADUS_COMPARE(momentum_update, theta(x), g(x), first(x), s[0], s[1], flag);
      break;
    case 3:
      GRADUS_COMPARE(adam_update, theta(x), g(x), first(x), second(x), adam);
      break;
    case 4:
      GRADUS_COMPARE(rmsprop_update, theta(x), g(x), second(x), {s[0], s[1], s[2], s[3]});
      break;
    case 5:
      GRADUS_COMPARE(adagrad_update, theta(x), g(x), second(x), {s[0], s[1]});
      break;
    case 6:
      GRADUS_COMPARE(adadelta_update, theta(x), g(x), second(x), third(x), {s[0], s[1], s[2], s[3]});
      break;
    case 7:
      GRADUS_COMPARE(amsgrad_update, theta(x), g(x), first(x), second(x), third(x), adam);
      break;
    case 8:
      GRADUS_COMPARE(adamax_update, theta(x), g(x), first(x), second(x), {s[0], s[1], s[2], s[3], s[4]});
      break;
    case 9:
      GRADUS_COMPARE(nadam_update, theta(x), g(x), first(x), second(x), nadam);
      break;
    case 10:
      GRADUS_COMPARE(lion_update, theta(x), g(x), first(x), {s[0], s[1], s[2], s[3], s[4], s[5]});
      break;
    case 11:
      GRADUS_COMPARE(rprop_update, theta(x), g(x), first(x), second(x), rprop);
      break;
    case 12:
      GRADUS_COMPARE(rprop_plus_update, theta(x), g(x), first(x), second(x), third(x), flag, rprop);
      break;
    case 13:
      GRADUS_COMPARE(add_l1, g(x), s[0], theta(x));
      break;
    case 14:
      GRADUS_COMPARE(clip, theta(x), s[0]);
      break;
    case 15:
      GRADUS_COMPARE(keep_signs, theta(x), flag ? T(-1) : T(1), g(x));
      break;
    default:
      GRADUS_COMPARE(move_average, g(x), s[0], theta(x));
  }
}

template <typename T>
void fuzz_normalise(Choices& choices) {
  const int64_t rows = choices.size(), columns = choices.size();
  const int which = choices.below(4);
  Memory<T> given(choices);
  for (int i = 0; i < 3; ++i) given.add(rows, columns, choices.below(4));
  for (int i = 0; i < 5; ++i) given.add_vector(std::max(rows, columns));
  const T epsilon = choices.number<T>() + T(0.001);
  const auto norm = [](Memory<T>& x) { return ColumnNorm<T>{x.vector(0), x.vector(1), x.vector(2), x.vector(3)}; };
  switch (which) {
    case 0:
      GRADUS_COMPARE(normalise_columns, x[0], norm(x), x[1], x[2]);
      break;
    case 1:
      GRADUS_COMPARE(normalise_columns_back, x[0], x.vector(0), x.vector(1), x.vector(2), x[1]);
      break;
    case 2:
      GRADUS_COMPARE(normalise_rows, x[0], epsilon, x.vector(0), x.vector(1), x[1], x.vector(4), x[2]);
      break;
    default:
      GRADUS_COMPARE(normalise_rows_back, x[0], x.vector(0), x.vector(1), x[1]);
  }
}

template <typename T>
void fuzz_sums(Choices& choices) {
  const int64_t rows = choices.size(0) * (choices.below(8) == 7 ? 12 : 1), columns = choices.size();
  const bool centred = choices.below(2) == 1;
  Memory<T> given(choices);
  given.add(rows, columns, choices.below(4)), given.add(rows, columns, 1), given.add(1, columns, 0);
  given.add_vector(rows), given.add_vector(rows);
  const auto width = static_cast<std::size_t>(columns);
  given.doubles.resize(3 * width + 2);
  std::vector<double> centre;
  for (const T value : given[2].row(0)) centre.push_back(static_cast<double>(value));
  const double* middle = centred ? centre.data() : nullptr;
  const auto values = [&](Memory<T>& x, std::size_t i) {
    return std::span<const T>(x.vector(i), static_cast<std::size_t>(rows));
  };
#define GRADUS_SUMS(space)                                                        \
  [&](Memory<T>& x) {                                                             \
    space::blocked_column_sums<T>(x[0], x.doubles.data());                        \
    space::blocked_column_squares<T>(x[0], middle, x.doubles.data() + width);     \
    space::blocked_column_dots<T>(x[0], x[1], x.doubles.data() + 2 * width);      \
    x.doubles[3 * width] = space::blocked_sum<T>(values(x, 0));                   \
    x.doubles[3 * width + 1] = space::blocked_dot<T>(values(x, 0), values(x, 1)); \
  }
  compare("sums", given, GRADUS_SUMS(kernels), GRADUS_SUMS(naive));
#undef GRADUS_SUMS
}

/// The rest of the input as cells, separated by newlines.
void fuzz_numbers(Choices& choices) {
  const auto columns = static_cast<std::size_t>(1 + choices.below(3));
  const char point = choices.below(2) == 0 ? '.' : ',';
  const auto before = static_cast<char>(choices.byte());
  std::vector<std::string> cells(1);
  for (const char c : choices.rest()) {
    if (c == '\n') {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  const std::size_t rows = cells.size() / columns;
  std::string text(kBytesBeforeEnd, before);
  std::vector<uint32_t> marks = {static_cast<uint32_t>(kBytesBeforeEnd) - 1};
  for (const std::string& cell : cells) {
    text += cell;
    marks.push_back(static_cast<uint32_t>(text.size()));
    text += ';';
  }
  text.append(kBytesBehindEnd, '7');
  for (const std::string& target : kernels::targets()) {
    set_target(target);
    for (std::size_t column = 0; column < columns && rows > 0; ++column) {
      std::vector<double> values((rows + kNumbersAtOnce - 1) / kNumbersAtOnce * kNumbersAtOnce);
      std::vector<uint64_t> left((rows + kCellsInWord - 1) / kCellsInWord);
      parse_numbers({text.data(), marks.data() + 1, columns}, column, rows, point, values.data(), left.data());
      for (std::size_t i = 0; i < rows; ++i) {
        if ((left[i / kCellsInWord] >> i % kCellsInWord & 1) != 0) continue;
        const auto expected = naive::plain_number(cells[i * columns + column], point);
        if (!expected || !same_bits(*expected, values[i])) std::abort();
      }
    }
  }
}

#undef GRADUS_COMPARE

template void fuzz_losses<float>(Choices&);
template void fuzz_losses<double>(Choices&);
template void fuzz_quantiles<float>(Choices&);
template void fuzz_quantiles<double>(Choices&);
template void fuzz_updates<float>(Choices&);
template void fuzz_updates<double>(Choices&);
template void fuzz_normalise<float>(Choices&);
template void fuzz_normalise<double>(Choices&);
template void fuzz_sums<float>(Choices&);
template void fuzz_sums<double>(Choices&);

}  // namespace gradus::kernels
