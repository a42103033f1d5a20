#include "gradus/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>

#include "gradus/error.h"

namespace gradus {
namespace {

// Declaration order of each enum in names.h.
template <typename Enum>
struct NameTable;

#define GRADUS_NAMES(Enum, ...)                                      \
  template <>                                                        \
  struct NameTable<Enum> {                                           \
    static const std::vector<std::string>& list() {                  \
      static const std::vector<std::string> list = {__VA_ARGS__};    \
      return list;                                                   \
    }                                                                \
  };                                                                 \
  std::string_view name_of(Enum value) {                             \
    return NameTable<Enum>::list()[static_cast<std::size_t>(value)]; \
  }

GRADUS_NAMES(Activation, "identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish",
             "softplus", "softsign", "hard_sigmoid")
GRADUS_NAMES(Loss, "squared_error", "absolute_error", "huber", "log_cosh", "quantile", "poisson",
             "softmax_cross_entropy", "sigmoid_cross_entropy", "focal", "sigmoid_focal", "hinge")
GRADUS_NAMES(Initializer, "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal",
             "zeros", "uniform", "normal", "orthogonal", "lsuv")
GRADUS_NAMES(Solver, "sgd", "momentum", "nesterov", "rmsprop", "adagrad", "adadelta", "adam", "amsgrad", "adamax",
             "nadam", "adamw", "lion", "rprop", "rprop_plus", "cg", "lbfgs", "lm")
GRADUS_NAMES(EpsilonPlace, "corrected_root", "root")
GRADUS_NAMES(Schedule, "constant", "step", "cosine", "plateau", "exponential", "invscaling", "one_cycle", "adaptive",
             "log_cosine")
GRADUS_NAMES(StrengthSchedule, "constant", "flat_cosine")
GRADUS_NAMES(NumericScaling, "standard", "robust")
GRADUS_NAMES(NumericEmbedding, "none", "periodic")
GRADUS_NAMES(Parametrization, "standard", "ntk")
GRADUS_NAMES(Normalization, "none", "batch", "layer")
GRADUS_NAMES(Metric, "loss", "accuracy", "error", "balanced_accuracy", "log_loss", "auc", "f1_macro", "brier", "ece",
             "rmse", "mae", "r2", "median_absolute_error")
GRADUS_NAMES(Task, "classification", "regression", "multilabel")
GRADUS_NAMES(Precision, "float32", "float64")
GRADUS_NAMES(Preset, "default", "best", "plain", "classic")
#undef GRADUS_NAMES

int64_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<int64_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), int64_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    int64_t diagonal = row[0];
    row[0] = static_cast<int64_t>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int64_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

std::string_view name(Activation value) noexcept {
  return name_of(value);
}
std::string_view name(Loss value) noexcept {
  return name_of(value);
}
std::string_view name(Initializer value) noexcept {
  return name_of(value);
}
std::string_view name(Solver value) noexcept {
  return name_of(value);
}
std::string_view name(EpsilonPlace value) noexcept {
  return name_of(value);
}
std::string_view name(Schedule value) noexcept {
  return name_of(value);
}
std::string_view name(Normalization value) noexcept {
  return name_of(value);
}
std::string_view name(StrengthSchedule value) noexcept {
  return name_of(value);
}
std::string_view name(NumericScaling value) noexcept {
  return name_of(value);
}
std::string_view name(NumericEmbedding value) noexcept {
  return name_of(value);
}
std::string_view name(Parametrization value) noexcept {
  return name_of(value);
}
std::string_view name(Metric value) noexcept {
  return name_of(value);
}
bool higher_is_better(Metric metric) noexcept {
  return metric == Metric::accuracy || metric == Metric::balanced_accuracy || metric == Metric::auc ||
         metric == Metric::f1_macro || metric == Metric::r2;
}
std::string_view name(Task value) noexcept {
  return name_of(value);
}
std::string_view name(Precision value) noexcept {
  return name_of(value);
}
std::string_view name(Preset value) noexcept {
  return name_of(value);
}

template <typename Enum>
const std::vector<std::string>& names() {
  return NameTable<Enum>::list();
}

template <typename Enum>
Enum parse(std::string_view text, std::string_view what) {
  const auto& list = names<Enum>();
  const auto found = std::find(list.begin(), list.end(), text);
  if (found != list.end()) return static_cast<Enum>(found - list.begin());
  const std::string nearest = nearest_name(text, list);
  throw Error(ErrorCode::usage, fmt::format("{}: found \"{}\", expected one of {}{}", what, text, fmt::join(list, ", "),
                                            nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
}

#define GRADUS_INSTANTIATE(Enum)                          \
  template const std::vector<std::string>& names<Enum>(); \
  template Enum parse<Enum>(std::string_view, std::string_view);
GRADUS_INSTANTIATE(Activation)
GRADUS_INSTANTIATE(Loss)
GRADUS_INSTANTIATE(Initializer)
GRADUS_INSTANTIATE(Solver)
GRADUS_INSTANTIATE(EpsilonPlace)
GRADUS_INSTANTIATE(Schedule)
GRADUS_INSTANTIATE(Normalization)
GRADUS_INSTANTIATE(StrengthSchedule)
GRADUS_INSTANTIATE(NumericScaling)
GRADUS_INSTANTIATE(NumericEmbedding)
GRADUS_INSTANTIATE(Parametrization)
GRADUS_INSTANTIATE(Metric)
GRADUS_INSTANTIATE(Task)
GRADUS_INSTANTIATE(Precision)
GRADUS_INSTANTIATE(Preset)
#undef GRADUS_INSTANTIATE

std::string nearest_name(std::string_view text, const std::vector<std::string>& candidates) {
  const std::string wanted = lower(text);
  std::string best;
  int64_t best_distance = static_cast<int64_t>(std::max<std::size_t>(text.size() / 3, 2)) + 1;
  for (const std::string& candidate : candidates) {
    const int64_t distance = edit_distance(wanted, lower(candidate));
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace gradus
