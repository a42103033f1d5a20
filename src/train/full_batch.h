// Training by methods that see all rows at once: one iteration is one epoch.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <variant>

#include "gradus/network.h"
#include "gradus/trainer.h"

#include "base/buffer.h"
#include "base/thread_pool.h"
#include "data/sampler.h"
#include "model/checkpoint_file.h"
#include "nn/plan.h"
#include "nn/workspace.h"
#include "optim/conjugate_gradient.h"
#include "optim/lbfgs.h"
#include "optim/levenberg_marquardt.h"
#include "optim/objective.h"
#include "optim/rprop_plus.h"
#include "train/objective_rows.h"
#include "train/table_residuals.h"

namespace gradus {

/// J over all training rows, L1 and L2 included, and its gradient: chunks of kChunk rows whose gradients are added in
/// order, whatever the threads.
template <typename T>
class TableObjective {
 public:
  static constexpr int64_t kChunk = 1024;

  TableObjective(const NetworkSpec& spec, const ObjectiveRows<T>& data, const TrainerOptions& options);

  double operator()(std::span<const T> theta, std::span<T> gradient);

 private:
  Plan plan_;
  double l1_, l2_;
  ThreadPool pool_;
  MinibatchSampler<T> sampler_;
  Workspace<T> workspace_;
  AlignedBuffer<T> chunk_gradient_;
};

/// Walks `network` downhill by steps of J's value and gradient.
template <typename T>
class GradientDescent {
 public:
  GradientDescent(BasicNetwork<T>& network, const ObjectiveRows<T>& data, const TrainerOptions& options);

  /// `objective_` holds this.
  GradientDescent(const GradientDescent&) = delete;
  GradientDescent& operator=(const GradientDescent&) = delete;

  Iteration iterate();
  void add_to(RunState& state);

 private:
  BasicNetwork<T>& network_;
  TableObjective<T> table_;
  Objective<T> objective_;
  std::variant<Lbfgs<T>, ConjugateGradient<T>, RpropPlus<T>> method_;
};

/// Walks `network` downhill by Levenberg & Marquardt's method, in double: a network of floats is rounded from weights
/// that the walk itself keeps.
template <typename T>
class LeastSquaresDescent {
 public:
  LeastSquaresDescent(BasicNetwork<T>& network, const ObjectiveRows<T>& data, const TrainerOptions& options);

  Iteration iterate();
  void add_to(RunState& state);

 private:
  BasicNetwork<T>& network_;
  TableResiduals<T> residuals_;
  LevenbergMarquardt method_;
  AlignedBuffer<double> theta_;
};

/// Walks `network` downhill by the solver that `options` name, one of lbfgs, cg, rprop_plus and lm.
template <typename T>
class FullBatchDescent {
 public:
  FullBatchDescent(BasicNetwork<T>& network, const ObjectiveRows<T>& data, const TrainerOptions& options);

  Iteration iterate() { return gradient_ ? gradient_->iterate() : least_squares_->iterate(); }
  /// Shows what it carries to the next iteration besides the network.
  void add_to(RunState& state) { gradient_ ? gradient_->add_to(state) : least_squares_->add_to(state); }

 private:
  std::unique_ptr<GradientDescent<T>> gradient_;  // one of the two
  std::unique_ptr<LeastSquaresDescent<T>> least_squares_;
};

}  // namespace gradus
