// The choices a user makes by name, and the names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// g in a = g(z). leaky_relu has slope 0.01; gelu is the exact (erf) form; hard_sigmoid is clamp(z/6 + 1/2, 0, 1).
enum class Activation {
  identity,
  sigmoid,
  tanh,
  relu,
  leaky_relu,
  elu,
  selu,
  gelu,
  silu,
  mish,
  softplus,
  softsign,
  hard_sigmoid,
};

/// The data term, averaged over rows; docs/numerics.md has the formulas. All but the first four are computed from
/// logits.
enum class Loss {
  squared_error,          ///< 1/2 sum_k (a_k - y_k)^2
  absolute_error,         ///< sum_k |a_k - y_k|
  huber,                  ///< squared up to an error of Head::huber_delta, linear beyond
  log_cosh,               ///< sum_k log(cosh(a_k - y_k))
  quantile,               ///< pinball loss of several quantiles at once, Head::quantiles; they never cross
  poisson,                ///< sum_k exp(z_k) - y_k z_k: counts, with a log link
  softmax_cross_entropy,  ///< -log softmax(z)_label
  sigmoid_cross_entropy,  ///< -sum_k [y_k log a_k + (1 - y_k) log(1 - a_k)], a = sigmoid(z)
  focal,                  ///< -(1 - p)^gamma log p, p = softmax(z)_label
  sigmoid_focal,          ///< the same for each output on its own, p from sigmoid(z_k)
  hinge,                  ///< sum_k max(0, 1 - t_k z_k), t = 2 y - 1
};

/// Weight distributions; biases start at zero unless said. "auto" in options picks by activation.
enum class Initializer {
  glorot_uniform,
  glorot_normal,
  he_uniform,
  he_normal,
  lecun_uniform,
  lecun_normal,
  zeros,
  uniform,
  normal,
  orthogonal,
  lsuv,  ///< layer-sequential unit variance, from data
};

/// How parameters walk downhill. Up to lion a minibatch rule, from rprop on a method for all rows at once.
enum class Solver {
  sgd,
  momentum,
  nesterov,
  rmsprop,
  adagrad,
  adadelta,
  adam,
  amsgrad,
  adamax,
  nadam,
  adamw,
  lion,
  rprop,       ///< iRPROP-
  rprop_plus,  ///< iRPROP+
  cg,          ///< nonlinear conjugate gradients
  lbfgs,
  lm,  ///< Levenberg & Marquardt's method, for squared errors
};

/// Where Adam and AMSGrad add epsilon: to the bias-corrected root (the paper, PyTorch) or to the root as it is
/// (scikit-learn).
enum class EpsilonPlace { corrected_root, root };

/// How the learning rate moves; docs/numerics.md has the formulas. Names as in scikit-learn, else as in PyTorch.
enum class Schedule { constant, step, cosine, plateau, exponential, invscaling, one_cycle, adaptive, log_cosine };
/// How dropout and weight decay move over a run: as they are, or so for its first half and then down a cosine to 0.
enum class StrengthSchedule { constant, flat_cosine };
/// What stands between a hidden layer's affine and its activation.
enum class Normalization { none, batch, layer };
/// How numbers become features: mean 0 and deviation 1, or median and quartiles, smoothly clipped.
enum class NumericScaling { standard, robust };
/// What the network makes of each number before its layers.
enum class NumericEmbedding { none, periodic };
/// Whether a weight's rate follows its layer's width: TrainerOptions::ntk.
enum class Parametrization { standard, ntk };

/// What `evaluate` measures, and training can stop and choose by. `loss` is the training objective's data term; the
/// next eight are for classes and labels, the last four for numbers.
enum class Metric {
  loss,
  accuracy,
  error,
  balanced_accuracy,
  log_loss,
  auc,
  f1_macro,
  brier,
  ece,
  rmse,
  mae,
  r2,
  median_absolute_error,
};
/// Whether more is better: accuracy, balanced_accuracy, auc, f1_macro and r2.
bool higher_is_better(Metric metric) noexcept;

enum class Task { classification, regression, multilabel };
enum class Precision { float32, float64 };
enum class Preset { standard, best, plain, classic };  ///< `standard` is called "default" by users

std::string_view name(Activation value) noexcept;
std::string_view name(Loss value) noexcept;
std::string_view name(Initializer value) noexcept;
std::string_view name(Solver value) noexcept;
std::string_view name(EpsilonPlace value) noexcept;
std::string_view name(Schedule value) noexcept;
std::string_view name(Normalization value) noexcept;
std::string_view name(StrengthSchedule value) noexcept;
std::string_view name(NumericScaling value) noexcept;
std::string_view name(NumericEmbedding value) noexcept;
std::string_view name(Parametrization value) noexcept;
std::string_view name(Metric value) noexcept;
std::string_view name(Task value) noexcept;
std::string_view name(Precision value) noexcept;
std::string_view name(Preset value) noexcept;

/// Every name that `parse<Enum>` accepts, in declaration order.
template <typename Enum>
const std::vector<std::string>& names();

/// The value called `text`. Throws Error(usage) that lists the names and suggests the nearest.
/// `what` is the option's name in the message, "--activation" for instance.
template <typename Enum>
Enum parse(std::string_view text, std::string_view what);

/// The candidate nearest to `text` by edit distance, or "" when none is close.
std::string nearest_name(std::string_view text, const std::vector<std::string>& candidates);

}  // namespace gradus
