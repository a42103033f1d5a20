// One training step: forward, loss, backward, regulariser, update. After construction nothing allocates.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "gradus/network.h"
#include "gradus/trainer.h"

#include "base/buffer.h"
#include "base/thread_pool.h"
#include "comm/communicator.h"
#include "nn/dropout.h"
#include "nn/plan.h"
#include "nn/small_pass.h"
#include "nn/workspace.h"
#include "optim/optimizer.h"
#include "train/sharded_gradient.h"
#include "train/solver_state.h"
#include "train/step_terms.h"

namespace gradus {

struct StepResult {
  double loss = 0.0;  ///< mean data term over the rows, before the update
  Divergence divergence = Divergence::none;
  int64_t bad_layer = 0;  ///< the first affine op, counted from 1, with a value that is not finite
};

/// Updates `network` in place; it must outlive this. A step that meets NaN or infinity changes nothing.
template <typename T>
class TrainingStep {
 public:
  /// With more than one shard each is computed on its own, by the rank of `group` that it belongs to.
  TrainingStep(BasicNetwork<T>& network, const TrainerOptions& options, int64_t max_batch,
               Communicator& group = local_communicator());

  /// `x` (rows x inputs), `y` as loss.h wants it, rows <= max_batch. `training_rows` is the m of lambda/m. In
  /// FloatMode.
  StepResult run(const MatrixView<const T>& x, const MatrixView<const T>& y, int64_t training_rows,
                 double learning_rate, const DropoutDraws& draws) noexcept;

  /// From now on in place of the network's loss.
  void use_loss(BasicCustomLoss<T> loss) {
    plan_.custom_loss = std::move(loss);
    small_.reset();
  }

  /// Shows what it carries to the next step besides the network.
  void add_to(RunState& state) {
    add_solver(gradus::state(optimizer_), state);
    state.add("steps_taken", steps_, int64_t{1} << 53);
  }

  /// What L1 and L2 add to the objective.
  double penalty(int64_t training_rows) const noexcept;

 private:
  /// The step of a small network: the same bits in fewer calls.
  StepResult run_small(const MatrixView<const T>& x, const MatrixView<const T>& y, T lambda_over_m,
                       double learning_rate) noexcept;
  /// Forward, and back to every delta; the mean loss.
  double deltas(MatrixView<const T> x, MatrixView<const T> y, const DropoutDraws* dropout) noexcept;
  /// Gradients from the deltas, each applied at once: for gradients known to be finite before they are computed.
  void update_by_slabs(MatrixView<const T> x, T lambda_over_m, double learning_rate) noexcept;
  /// Whether no term needs the whole gradient, so that it may be applied slab by slab.
  bool takes_slabs() const noexcept { return l1_ == 0.0 && terms_.none() && plan_.norms.empty(); }
  /// The features with noise, where there is any.
  MatrixView<const T> noisy(const MatrixView<const T>& x, const DropoutDraws& draws) noexcept;
  /// From the checked whole gradient to the next weights.
  StepResult update_at_once(double loss, int64_t rows, double learning_rate) noexcept;
  void forget_frozen_gradients() noexcept;
  /// The rule, on the layers that are not frozen.
  void update(double learning_rate) noexcept;
  StepResult checked(double loss, MatrixView<const T> x, const DropoutDraws* dropout) noexcept;

  BasicNetwork<T>& network_;
  Plan plan_;
  bool dropout_;
  double l1_, l2_;
  ThreadPool pool_;
  std::optional<ShardedGradient<T>> shards_;  // for more than one
  Workspace<T> workspace_;
  AlignedBuffer<T> gradients_;
  Optimizer<T> optimizer_;
  std::vector<bool> frozen_;  // by affine op; empty: none
  StepTerms<T> terms_;
  std::optional<SmallPass<T>> small_;  // for networks that it suits
  double input_noise_;
  int64_t steps_ = 0;       // that changed the weights
  AlignedBuffer<T> noisy_;  // the features with noise
};

}  // namespace gradus
