// The squared errors of a network over a table, as least squares over its parameters.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "gradus/network.h"
#include "gradus/trainer.h"

#include "base/buffer.h"
#include "base/thread_pool.h"
#include "data/sampler.h"
#include "nn/plan.h"
#include "nn/workspace.h"
#include "optim/least_squares.h"
#include "train/objective_rows.h"

namespace gradus {

/// F = J, L2 included: the residuals are sqrt(w_i / m) (a_ik - y_ik) over rows and outputs, w_i the row's weight where
/// it has one, and sqrt(lambda / m) Theta over the weights. Computed in double, whatever T, from chunks of rows whose
/// sums are added in order, whatever the threads. Dropout is off.
template <typename T>
class TableResiduals final : public LeastSquares {
 public:
  /// Rows in a chunk times outputs, about: the rows of the Jacobian that are held at a time.
  static constexpr int64_t kChunk = 256;

  /// `options`: l2, threads.
  TableResiduals(const NetworkSpec& spec, const ObjectiveRows<T>& data, const TrainerOptions& options);

  int64_t parameters() const override { return plan_.trained; }
  double value(std::span<const double> theta) override;
  double linearise(std::span<const double> theta, MatrixView<double> normal, std::span<double> gradient) override;
  void curvature(std::span<const double> theta, std::span<const double> velocity, double step,
                 std::span<double> bend) override;

 private:
  /// Calls body(x, y) for each chunk of rows, in order.
  template <typename Body>
  void each_chunk(const Body& body);
  /// a - y over the outputs at `theta` into `out`; leaves the pass in the workspace.
  void errors(std::span<const double> theta, MatrixView<const double> x, MatrixView<const double> y,
              MatrixView<double> out) noexcept;
  /// sqrt(w / m) of row `row`.
  double root_weight(MatrixView<const double> y, int64_t row) const noexcept;
  /// `jacobian_` of the residuals of output `output` of the chunk last passed.
  MatrixView<const double> jacobian(std::span<const double> theta, MatrixView<const double> x,
                                    MatrixView<const double> y, int64_t output) noexcept;
  /// g'(z) of the head's activation times `seed`, in place.
  void through_head(MatrixView<double> seed) noexcept;
  void add_squares(MatrixView<const double> jacobian, MatrixView<double> normal) noexcept;

  Plan plan_;
  double l2_;
  ThreadPool pool_;
  MinibatchSampler<T> sampler_;
  Workspace<double> workspace_;
  AlignedBuffer<double> x_, y_;                  // a chunk's, where T is float
  AlignedBuffer<double> errors_, ahead_, seed_;  // (chunk x outputs)
  AlignedBuffer<double> jacobian_;               // (chunk x parameters)
  AlignedBuffer<double> slab_;                   // some rows of J^T J
  AlignedBuffer<double> chunk_gradient_, moved_;
};

}  // namespace gradus
