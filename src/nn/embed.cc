#include "nn/embed.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "kernels/blend.h"
#include "kernels/column_moments.h"
#include "kernels/periodic.h"
#include "kernels/regularise.h"
#include "nn/normal.h"

namespace gradus {
namespace {

using Kind = ColumnEmbedding::Kind;
using kernels::PeriodicView;

template <typename T>
PeriodicView<T> periodic_view(const EmbeddedColumn& embedded, std::span<T> flat) noexcept {
  const int64_t hidden = embedded.column.hidden, mixtures = embedded.column.outputs - 1;
  T* frequency = flat.data() + embedded.offset;
  T* phase = frequency + hidden;
  T* weight = phase + hidden;
  return {MatrixView<T>(weight, mixtures, hidden), frequency, phase, weight + mixtures * hidden};
}

/// Which row of a table the index `x` stands for; what is no index, the last.
template <typename T>
int64_t level_of(T x, int64_t levels) noexcept {
  return x >= T(0) && x < static_cast<T>(levels) ? static_cast<int64_t>(x) : levels - 1;
}

template <typename T>
void forward_column(const EmbeddedColumn& embedded, std::span<const T> parameters, MatrixView<const T> x,
                    MatrixView<T> out) noexcept {
  const ColumnEmbedding& column = embedded.column;
  const MatrixView<const T> in = x.columns(embedded.first_input, column.inputs);
  const MatrixView<T> to = out.columns(embedded.first_output, column.outputs);
  if (column.kind == Kind::periodic) return kernels::periodic_forward<T>(periodic_view(embedded, parameters), in, to);
  for (int64_t row = 0; row < x.rows(); ++row) {
    const T* from = in.row(row).data();
    if (column.kind == Kind::category)
      from = parameters.data() + embedded.offset + level_of(*from, column.levels) * column.outputs;
    std::copy_n(from, column.outputs, to.row(row).data());
  }
}

template <typename T>
void gradient_of_column(const EmbeddedColumn& embedded, std::span<const T> parameters, MatrixView<const T> x,
                        MatrixView<const T> delta, std::span<T> gradients) noexcept {
  const ColumnEmbedding& column = embedded.column;
  const MatrixView<const T> in = x.columns(embedded.first_input, column.inputs);
  const MatrixView<const T> sent = delta.columns(embedded.first_output, column.outputs);
  if (column.kind == Kind::periodic)
    return kernels::periodic_backward<T>(periodic_view(embedded, parameters), in, sent,
                                         periodic_view(embedded, gradients));
  if (column.kind == Kind::pass) return;
  T* table = gradients.data() + embedded.offset;
  std::fill_n(table, column.levels * column.outputs, T(0));
  for (int64_t row = 0; row < x.rows(); ++row) {
    T* to = table + level_of(in(row, 0), column.levels) * column.outputs;
    for (int64_t o = 0; o < column.outputs; ++o) to[o] += sent(row, o);
  }
}

/// The columns in as many runs as threads are worth it.
template <typename Body>
void for_columns(const Plan& plan, int64_t rows, ThreadPool& pool, const Body& body) noexcept {
  constexpr int64_t kWorthThreads = 1 << 14;  // outputs: a cosine takes about a nanosecond
  const auto columns = std::ssize(plan.embedded);
  const int64_t width = plan.ops.front().outputs;
  const int64_t parts = rows * width >= kWorthThreads ? std::min<int64_t>(pool.threads(), columns) : 1;
  pool.run(parts, [&](int64_t part) {
    for (int64_t c = columns * part / parts; c < columns * (part + 1) / parts; ++c)
      body(plan.embedded[static_cast<std::size_t>(c)]);
  });
}

template <typename T>
void reset_column(const EmbeddedColumn& embedded, const RandomStream& stream, double frequency,
                  std::span<T> parameters) {
  constexpr double kMixture = 0.25, kPi = 3.14159265358979323846;
  const ColumnEmbedding& column = embedded.column;
  const int64_t count = parameter_count(column);
  T* values = parameters.data() + embedded.offset;
  for (int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<uint64_t>(i);
    const double even = 2.0 * stream.uniform(index) - 1.0;
    const double draw = column.kind == Kind::category ? normal_draw(stream, index)
                        : i < column.hidden           ? frequency * normal_draw(stream, index)
                        : i < 2 * column.hidden       ? kPi * even
                                                      : kMixture * even;
    values[i] = static_cast<T>(draw);
  }
}

}  // namespace

template <typename T>
void embed_forward(const Plan& plan, std::span<const T> parameters, MatrixView<const T> x, MatrixView<T> out,
                   ThreadPool& pool) noexcept {
  for_columns(plan, x.rows(), pool,
              [&](const EmbeddedColumn& embedded) { forward_column<T>(embedded, parameters, x, out); });
}

template <typename T>
void embed_forward(std::span<const EmbeddedColumn> columns, std::span<const T> parameters, MatrixView<const T> x,
                   MatrixView<T> out) noexcept {
  for (const EmbeddedColumn& embedded : columns) forward_column<T>(embedded, parameters, x, out);
}

template <typename T>
void embed_gradient(const Plan& plan, std::span<const T> parameters, MatrixView<const T> x, MatrixView<const T> delta,
                    std::span<T> gradients, ThreadPool& pool) noexcept {
  for_columns(plan, x.rows(), pool, [&](const EmbeddedColumn& embedded) {
    gradient_of_column<T>(embedded, parameters, x, delta, gradients);
  });
}

template <typename T>
void scale_forward(std::span<const T> factors, MatrixView<const T> x, MatrixView<T> out) noexcept {
  for (int64_t row = 0; row < x.rows(); ++row) {
    std::copy_n(x.row(row).data(), x.columns(), out.row(row).data());
    kernels::scale_by<T>(out.row(row), factors);
  }
}

template <typename T>
void blend_forward(std::span<const T> shares, MatrixView<const T> z, MatrixView<const T> a,
                   MatrixView<T> out) noexcept {
  for (int64_t row = 0; row < z.rows(); ++row) kernels::blend<T>(z.row(row), a.row(row), shares, out.row(row));
}

template <typename T>
void blend_backward(std::span<const T> shares, MatrixView<const T> z, MatrixView<const T> a, MatrixView<T> delta,
                    MatrixView<T> to_z, double* gradient) noexcept {
  for (int64_t row = 0; row < z.rows(); ++row)  // the place of z's part holds a - z first
    for (int64_t j = 0; j < z.columns(); ++j) to_z(row, j) = a(row, j) - z(row, j);
  kernels::blocked_column_dots<T>(delta, to_z, gradient);
  for (int64_t row = 0; row < z.rows(); ++row) kernels::blend_back<T>(shares, delta.row(row), to_z.row(row));
}

template <typename T>
void reset_factors(const Plan& plan, std::span<T> parameters) noexcept {
  for (const PlannedOp& planned : plan.ops)
    if (planned.factors >= 0) std::fill_n(parameters.data() + planned.factors, planned.outputs, T(1));
}

template <typename T>
void reset_embeddings(const Plan& plan, uint64_t seed, std::span<T> parameters, double frequency) {
  for (std::size_t c = 0; c < plan.embedded.size(); ++c)
    reset_column<T>(plan.embedded[c], RandomStream(seed, Purpose::embedding, static_cast<uint32_t>(c)), frequency,
                    parameters);
}

#define GRADUS_INSTANTIATE(T)                                                                                        \
  template void embed_forward(const Plan&, std::span<const T>, MatrixView<const T>, MatrixView<T>,                   \
                              ThreadPool&) noexcept;                                                                 \
  template void embed_forward(std::span<const EmbeddedColumn>, std::span<const T>, MatrixView<const T>,              \
                              MatrixView<T>) noexcept;                                                               \
  template void embed_gradient(const Plan&, std::span<const T>, MatrixView<const T>, MatrixView<const T>,            \
                               std::span<T>, ThreadPool&) noexcept;                                                  \
  template void scale_forward(std::span<const T>, MatrixView<const T>, MatrixView<T>) noexcept;                      \
  template void blend_forward(std::span<const T>, MatrixView<const T>, MatrixView<const T>, MatrixView<T>) noexcept; \
  template void blend_backward(std::span<const T>, MatrixView<const T>, MatrixView<const T>, MatrixView<T>,          \
                               MatrixView<T>, double*) noexcept;                                                     \
  template void reset_factors(const Plan&, std::span<T>) noexcept;                                                   \
  template void reset_embeddings(const Plan&, uint64_t, std::span<T>, double);
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus
