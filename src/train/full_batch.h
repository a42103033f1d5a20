// Training by methods that see all rows at once: one iteration is one epoch.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "gradus/network.h"
#include "gradus/trainer.h"

#include "base/buffer.h"
#include "base/thread_pool.h"
#include "data/sampler.h"
#include "nn/plan.h"
#include "nn/workspace.h"
#include "optim/conjugate_gradient.h"
#include "optim/lbfgs.h"
#include "optim/objective.h"
#include "optim/rprop_plus.h"

namespace gradus {

/// The rows of a table that the objective sums over. Targets as loss.h wants them.
template <typename T>
struct ObjectiveRows {
  MatrixView<const T> features;
  MatrixView<const T> targets;
  std::span<const uint32_t> rows;
};

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

/// Walks `network` downhill by the solver that `options` name, one of lbfgs, cg and rprop_plus.
template <typename T>
class FullBatchDescent {
 public:
  FullBatchDescent(BasicNetwork<T>& network, const ObjectiveRows<T>& data, const TrainerOptions& options);

  /// `objective_` holds this.
  FullBatchDescent(const FullBatchDescent&) = delete;
  FullBatchDescent& operator=(const FullBatchDescent&) = delete;

  Iteration iterate();

 private:
  BasicNetwork<T>& network_;
  TableObjective<T> table_;
  Objective<T> objective_;
  std::variant<Lbfgs<T>, ConjugateGradient<T>, RpropPlus<T>> method_;
};

}  // namespace gradus
