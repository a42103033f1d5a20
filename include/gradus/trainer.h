// Training on the caller's own arrays, one step or one epoch at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "gradus/custom_loss.h"
#include "gradus/network.h"

namespace gradus {

/// What the learning rate, or the weight decay, of each kind of parameter is multiplied by.
struct ParameterFactors {
  double weight = 1.0;
  double bias = 1.0;
  double norm = 1.0;       ///< scales and shifts of norms
  double scale = 1.0;      ///< of a Scale
  double embedding = 1.0;  ///< of an Embed
  double blend = 1.0;      ///< of a Blend
  bool operator==(const ParameterFactors&) const = default;
};

/// How parameters walk downhill. Defaults are Adam's usual ones.
struct TrainerOptions {
  Solver solver = Solver::adam;
  double learning_rate = 1e-3;                                ///< rprop: the first step of every parameter
  double momentum = 0.9;                                      ///< momentum and nesterov
  double beta1 = 0.9;                                         ///< adam, amsgrad, adamax, nadam, adamw, lion
  std::optional<double> beta2 = {};                           ///< the same; unset: 0.999, lion 0.99
  std::optional<double> rho = {};                             ///< rmsprop, adadelta; unset: 0.99, adadelta 0.9
  std::optional<double> epsilon = {};                         ///< unset: 1e-8, adagrad 1e-10, adadelta 1e-6
  EpsilonPlace epsilon_place = EpsilonPlace::corrected_root;  ///< adam, amsgrad, adamw
  double l2 = 0.0;            ///< lambda in lambda/(2m) sum of squared weights, biases excluded
  double l1 = 0.0;            ///< lambda in lambda/m sum of absolute weights, biases excluded
  double weight_decay = 0.0;  ///< decoupled: theta *= 1 - rate x this before each step, biases too; not for adam
  ParameterFactors rate_factors = {};   ///< sgd, adam and adamw
  ParameterFactors decay_factors = {};  ///< of the weight decay, which rate_factors leave alone; adamw
  /// A weight's rate is divided by the root of its layer's inputs, which makes rates mean the same at every width: with
  /// Adam the walk of the parametrisation z = W a / sqrt(inputs) + b (NTK: Jacot et al. 2018).
  bool ntk = false;
  double clip_value = 0.0;   ///< each value of the gradient is held to within this; 0: no limit
  double clip_norm = 0.0;    ///< then the whole gradient is scaled down to this norm; 0: no limit
  double max_norm = 0.0;     ///< of the weights that enter one unit, after each step; 0: no limit
  double input_noise = 0.0;  ///< deviation of normal noise on the features in training
  /// One an input: 1 where outputs must never fall as it rises, -1 where they must never rise, else 0; empty: none. The
  /// weights are held to signs that guarantee it, so that activations must not fall (gelu, silu and mish are refused).
  std::vector<int> monotone = {};
  std::vector<int> monotone_outputs = {};  ///< -1 for outputs that go the other way, else 1; empty: all 1
  int64_t batch_size = 200;                ///< rows a step; 0 means all rows. More than the rows there are is clamped
  /// A minibatch is cut into as many shards of rows, whose gradients are added in one fixed tree: the same bits
  /// wherever each is computed, but other bits than with another number of shards.
  int64_t shards = 1;
  // How a BasicTrainer's learning rate moves; train() has its own options of these names.
  Schedule schedule = Schedule::constant;
  int64_t epochs = 100;                   ///< the run that a schedule is laid out over, past which it stays at its end
  double warmup = 0.0;                    ///< epochs of linear rise before it begins; one_cycle's own rise
  std::optional<double> rate_decay = {};  ///< step, exponential, plateau, adaptive; unset: as train() has it
  double rate_power = 0.5;                ///< invscaling
  int64_t cycle = 0;                      ///< cosine: epochs until it starts again; 0: never
  int64_t cycle_growth = 1;
  // What averaged_parameters() gives, at most one of the two; train() has its own options of these names.
  double ema = 0.0;                ///< decay of an exponential moving average over steps; 0: none
  std::optional<double> swa = {};  ///< mean of the weights at the ends of epochs, after this part of `epochs`
  /// Layers (affine ops counted from 1) whose weights and biases stay as they are, bit for bit.
  std::vector<int64_t> frozen = {};
  bool shuffle = true;
  bool weighted =
      false;  ///< the last column of the targets holds a weight for each row, by which its loss is multiplied
  uint64_t seed = 1;
  int threads = 1;
};

/// Why a run of steps ended early.
enum class Divergence { none, loss, gradient };

struct EpochResult {
  double loss = 0.0;  ///< mean objective over the epoch's steps, L1 and L2 included
  int64_t steps = 0;
  Divergence divergence = Divergence::none;
  int64_t bad_step = 0;   ///< counted from 1 within the epoch, when diverged
  int64_t bad_layer = 0;  ///< affine op counted from 1 whose gradient is not finite; 0 when the loss is
};

/// Owns nothing of the data: `features` (rows x inputs) must outlive the calls. After construction nothing allocates.
template <typename T>
class BasicTrainer {
 public:
  /// The trainer updates `network` in place. `max_rows` bounds the rows of any data set given to it.
  /// Throws Error(usage) for options out of range or that don't go together, and for the solvers rprop_plus, cg and
  /// lbfgs, which see all rows of a table at once and which train() serves.
  BasicTrainer(BasicNetwork<T>& network, const TrainerOptions& options, int64_t max_rows);
  /// The same with a loss of the caller's own instead of the network's. Throws Error(usage) too when it has no
  /// function.
  BasicTrainer(BasicNetwork<T>& network, const TrainerOptions& options, int64_t max_rows, BasicCustomLoss<T> loss);
  ~BasicTrainer();
  BasicTrainer(BasicTrainer&&) noexcept;
  BasicTrainer& operator=(BasicTrainer&&) noexcept;

  /// One epoch over all rows. `targets`: (rows x outputs); for a softmax (rows x 1) of class indices; with
  /// `weighted` and one column more. The objective is the mean over the rows of weight times loss, so that weights of
  /// mean 1 leave its scale alone.
  EpochResult train_epoch(MatrixView<const T> features, MatrixView<const T> targets) noexcept;
  /// One epoch over the rows listed in `rows` only.
  EpochResult train_epoch(MatrixView<const T> features, MatrixView<const T> targets,
                          std::span<const uint32_t> rows) noexcept;
  /// `epochs` more epochs of the run that the options describe, each as `train_epoch`; returns the last, or the first
  /// that diverged. However a run is cut into calls, the bits are those of one call.
  /// A schedule counts the steps and rows of the run's first epoch.
  EpochResult partial_fit(MatrixView<const T> features, MatrixView<const T> targets, int64_t epochs = 1) noexcept;
  /// One update from exactly these rows. Returns the objective before the update.
  double train_step(MatrixView<const T> features, MatrixView<const T> targets) noexcept;

  /// The average that `ema` or `swa` asks for, in the canonical order, to be copied into a network that predicts; the
  /// network's own parameters without either, and while there is none. Valid until the next call that trains.
  std::span<const T> averaged_parameters() const noexcept;

  /// The rate that the schedule starts from; plateau and adaptive begin anew.
  void set_learning_rate(double learning_rate) noexcept;
  double learning_rate() const noexcept;
  int64_t epochs() const noexcept;
  int64_t steps() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

extern template class BasicTrainer<float>;
extern template class BasicTrainer<double>;
using Trainer = BasicTrainer<float>;

}  // namespace gradus
