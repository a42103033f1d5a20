// The naive twin of every kernel: plain loops that say what the bits must be. The oracle of the tests.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "gradus/matrix_view.h"
#include "gradus/names.h"

#include "kernels/adaptive_updates.h"
#include "kernels/losses.h"
#include "kernels/normalise.h"
#include "kernels/periodic.h"
#include "kernels/updates.h"

namespace gradus::kernels::naive {

template <typename T>
void product_nn(MatrixView<const T> a, MatrixView<const T> b, const T* bias, MatrixView<T> c);
template <typename T>
void product_tn(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c);
template <typename T>
void product_nt(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c);
template <typename T>
void column_sums(MatrixView<const T> a, T* out);
/// As cholesky.h has it; nothing said of what stands in `a` after false.
bool cholesky(MatrixView<double> a);

/// Layer by layer, row by row.
template <typename T>
struct Dense {
  MatrixView<const T> weight;  // null data: g alone
  std::span<const T> bias;
  Activation activation;
};
template <typename T>
std::vector<T> dense_row(std::span<const Dense<T>> layers, std::span<const T> x);

template <typename T>
double blocked_dot(std::span<const T> a, std::span<const T> b);
template <typename T>
double blocked_sum(std::span<const T> values);

/// A row's terms in 16 virtual lanes and one tree.
template <typename T>
T row_sum(std::span<const T> terms);
template <typename T>
void softmax_rows(MatrixView<const T> z, MatrixView<T> out);
template <typename T>
void softmax_cross_entropy_rows(const LossRows<T>& rows, double smoothing);
template <typename T>
void softmax_focal_rows(const LossRows<T>& rows, T gamma);
template <typename T>
void sigmoid_cross_entropy_rows(const LossRows<T>& rows, double smoothing);
template <typename T>
void sigmoid_focal_rows(const LossRows<T>& rows, T gamma);
template <typename T>
void hinge_rows(const LossRows<T>& rows);
template <typename T>
void squared_error_rows(const LossRows<T>& rows);
template <typename T>
void absolute_error_rows(const LossRows<T>& rows);
template <typename T>
void huber_rows(const LossRows<T>& rows, T width);
template <typename T>
void log_cosh_rows(const LossRows<T>& rows);
template <typename T>
void poisson_rows(const LossRows<T>& rows);
template <typename T>
void quantile_rows(const LossRows<T>& rows, std::span<const double> taus);
template <typename T>
void quantile_outputs_rows(MatrixView<const T> z, int64_t quantiles, MatrixView<T> out);

template <typename T>
void add_l2(std::span<const T> theta, T lambda_over_m, std::span<T> gradient);
template <typename T>
void sgd_update(std::span<T> theta, std::span<const T> g, T eta);
template <typename T>
void momentum_update(std::span<T> theta, std::span<const T> g, std::span<T> v, T eta, T momentum, bool nesterov);
template <typename T>
void adam_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> v, const AdamStep<T>& step);

template <typename T>
void rmsprop_update(std::span<T> theta, std::span<const T> g, std::span<T> v, const RmspropStep<T>& step);
template <typename T>
void adagrad_update(std::span<T> theta, std::span<const T> g, std::span<T> sum, const AdagradStep<T>& step);
template <typename T>
void adadelta_update(std::span<T> theta, std::span<const T> g, std::span<T> v, std::span<T> u,
                     const AdadeltaStep<T>& step);
template <typename T>
void amsgrad_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> v, std::span<T> largest,
                    const AdamStep<T>& step);
template <typename T>
void adamax_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> u, const AdamaxStep<T>& step);
template <typename T>
void nadam_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> v, const NadamStep<T>& step);
template <typename T>
void lion_update(std::span<T> theta, std::span<const T> g, std::span<T> m, const LionStep<T>& step);
template <typename T>
void rprop_update(std::span<T> theta, std::span<const T> g, std::span<T> last, std::span<T> size,
                  const RpropStep<T>& step);
template <typename T>
void rprop_plus_update(std::span<T> theta, std::span<const T> g, std::span<T> last, std::span<T> size,
                       std::span<T> move, bool worse, const RpropStep<T>& step);

template <typename T>
void add_l1(std::span<const T> theta, T lambda_over_m, std::span<T> gradient);
template <typename T>
void clip(std::span<T> values, T limit);
template <typename T>
void keep_signs(std::span<T> row, T sign, std::span<const T> units);
template <typename T>
void move_average(std::span<const T> theta, T share, std::span<T> average);
template <typename T>
void blocked_column_sums(MatrixView<const T> a, double* sums);
template <typename T>
void blocked_column_squares(MatrixView<const T> a, const double* centre, double* sums);
template <typename T>
void blocked_column_dots(MatrixView<const T> a, MatrixView<const T> b, double* sums);

template <typename T>
void normalise_columns(MatrixView<const T> x, const ColumnNorm<T>& norm, MatrixView<T> normalised, MatrixView<T> out);
template <typename T>
void normalise_columns_back(MatrixView<const T> normalised, const T* factor, const T* mean, const T* slope,
                            MatrixView<T> delta);
template <typename T>
void normalise_rows(MatrixView<const T> x, T epsilon, const T* scale, const T* shift, MatrixView<T> normalised,
                    T* inverse, MatrixView<T> out);
template <typename T>
void normalise_rows_back(MatrixView<const T> normalised, const T* inverse, const T* scale, MatrixView<T> delta);

/// The value of a plain number (see parse_numbers), nothing for any other text.
std::optional<double> plain_number(std::string_view cell, char point);

template <typename T>
void periodic_forward(const PeriodicView<const T>& column, MatrixView<const T> x, MatrixView<T> out);
template <typename T>
void periodic_backward(const PeriodicView<const T>& column, MatrixView<const T> x, MatrixView<const T> delta,
                       const PeriodicView<T>& gradient);
template <typename T>
void blend(std::span<const T> z, std::span<const T> a, std::span<const T> share, std::span<T> out);
template <typename T>
void blend_back(std::span<const T> share, std::span<T> delta, std::span<T> to_z);

}  // namespace gradus::kernels::naive
