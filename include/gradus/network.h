// A feed-forward network as data, its parameters, and one pass through it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "gradus/matrix_view.h"
#include "gradus/names.h"

namespace gradus {

/// z = a W + b, W (inputs x outputs).
struct Affine {
  int64_t outputs = 0;
  bool operator==(const Affine&) const = default;
};

/// a = g(z), unit by unit.
struct Activate {
  Activation activation = Activation::identity;
  bool operator==(const Activate&) const = default;
};

/// In training each unit is zero with probability `rate` and scaled by 1 / (1 - rate) otherwise; nothing at prediction.
struct Dropout {
  double rate = 0.0;
  bool operator==(const Dropout&) const = default;
};

/// Each unit over its mean and deviation in the minibatch, at prediction over running ones; then times a scale, plus a
/// shift, both learned. Follows an affine at once, into which prediction folds it.
struct BatchNorm {
  double epsilon = 1e-5;
  bool operator==(const BatchNorm&) const = default;
};

/// Each row over the mean and deviation of its own units; then as in BatchNorm. Somewhere after an affine.
struct LayerNorm {
  double epsilon = 1e-5;
  bool operator==(const LayerNorm&) const = default;
};

/// Adds the value of an earlier op, counted from 0, of the same width: of the first affine or a later op.
struct Residual {
  int64_t from = 0;
  bool operator==(const Residual&) const = default;
};

/// What becomes of some of the inputs. `pass`: `inputs` of them as they are. `periodic`: one number x to (x, W cos(2 pi
/// f x + p) + b), `hidden` cosines and `outputs` - 1 mixtures of them (PBLD: Holzmueller et al. 2024). `category`: one
/// index below `levels` to its row of a table, `outputs` wide.
struct ColumnEmbedding {
  enum class Kind { pass, periodic, category };
  Kind kind = Kind::pass;
  int64_t inputs = 1;
  int64_t outputs = 1;
  int64_t hidden = 0;
  int64_t levels = 0;
  bool operator==(const ColumnEmbedding&) const = default;
};

/// Column by column; together they take all inputs. The first op.
struct Embed {
  std::vector<ColumnEmbedding> columns;
  bool operator==(const Embed&) const = default;
};

/// Each unit times a learned factor, 1 at the start. Before the first affine.
struct Scale {
  bool operator==(const Scale&) const = default;
};

/// Right behind an activation a = g(z): z + share (a - z), a learned share for each unit, 1 at the start. Makes of it
/// the parametric activation of Holzmueller et al. 2024.
struct Blend {
  bool operator==(const Blend&) const = default;
};

using Op = std::variant<Affine, Activate, Dropout, BatchNorm, LayerNorm, Residual, Embed, Scale, Blend>;

/// What happens to the last op's values, the logits: the loss they enter and what becomes of them at prediction.
struct Head {
  Loss loss = Loss::squared_error;
  /// g of the outputs a = g(z) for squared_error, absolute_error, huber and log_cosh; other losses imply theirs.
  Activation activation = Activation::identity;
  double huber_delta = 1.0;  ///< above 0, in the units of the targets as the network learns them
  double focal_gamma = 2.0;  ///< at least 0; 0 is the cross-entropy
  /// quantile: ascending, each between 0 and 1. The logits hold, target by target, the lowest quantile and then a step
  /// for each further one, which a softplus keeps above 0; outputs are quantiles.
  std::vector<double> quantiles = {};
  double label_smoothing = 0.0;  ///< of the cross-entropies, from 0 to less than 1
  /// Of losses over a softmax or sigmoids: what logits are divided by before they become probabilities, never in the
  /// loss. One, or with sigmoids one an output, above 0; empty: 1.
  std::vector<double> temperatures = {};
  bool operator==(const Head&) const = default;
};

/// The head in words: "huber (delta 1.5)", "softmax_cross_entropy (label smoothing 0.1)", "sigmoid outputs,
/// squared_error".
std::string describe(const Head& head);

/// A network is a list of ops between its inputs and its head. The last op is an Affine.
///
/// With several `members` it is as many networks of one shape side by side, whose mean logits enter the head: an
/// ensemble, made by `joined` of networks trained one by one.
struct NetworkSpec {
  int64_t inputs = 0;
  std::vector<Op> ops;
  Head head;
  int64_t members = 1;
  bool operator==(const NetworkSpec&) const = default;
};

struct HiddenLayer {
  int64_t width = 0;
  Activation activation = Activation::relu;
  double dropout = 0.0;
  Normalization normalization = Normalization::none;
  bool residual = false;  ///< adds the value of the hidden layer before, where that is as wide
  bool blend = false;     ///< its activation is parametric
};

/// The usual network: for each hidden layer affine, normalisation, activation, dropout (when its rate is not 0) and
/// residual; then an affine to `outputs`.
NetworkSpec multilayer(int64_t inputs, std::span<const HiddenLayer> hidden, int64_t outputs, Head head);

/// The number of weights, biases, scales and shifts: what is learned. Throws Error(usage) when a width or a parameter
/// of the head is out of range, or the total exceeds 2^40.
int64_t parameter_count(const NetworkSpec& spec);

/// The place, in the first member, of one affine op's weight (inputs x outputs, row-major) and bias in the flat
/// parameters.
struct AffineLayout {
  int64_t inputs = 0;
  int64_t outputs = 0;
  int64_t weight_offset = 0;
  int64_t bias_offset = 0;
};
std::vector<AffineLayout> affine_layout(const NetworkSpec& spec);

/// One tensor of the flat parameters: "layers.0.weight", "norms.0.scale", "norms.0.variance".
struct TensorLayout {
  std::string name;
  std::vector<int64_t> shape;
  int64_t offset = 0;
  int64_t size = 0;
};
/// All of them in order, without gaps: layer by layer weight, bias, then scale and shift of the norms behind them;
/// after the last layer the running means and variances of the batch norms, which are kept with the parameters though
/// no gradient reaches them. Of several members each in turn, "members.1.layers.0.weight".
std::vector<TensorLayout> tensor_layout(const NetworkSpec& spec);

/// A spec with its weights and biases: one flat 64-byte-aligned array of T (float or double).
template <typename T>
class BasicNetwork {
 public:
  /// All parameters zero but the scales and variances of norms, 1; see `initialize`. Throws Error(usage) when the spec
  /// doesn't chain.
  explicit BasicNetwork(NetworkSpec spec);
  BasicNetwork(const BasicNetwork& other);
  BasicNetwork& operator=(const BasicNetwork& other);
  BasicNetwork(BasicNetwork&&) noexcept;
  BasicNetwork& operator=(BasicNetwork&&) noexcept;
  ~BasicNetwork();

  const NetworkSpec& spec() const noexcept;
  int64_t inputs() const noexcept;
  int64_t outputs() const noexcept;
  int64_t affine_count() const noexcept;

  /// Draws the weights of every affine op; biases become zero, norms as new. The same seed gives the same bits
  /// everywhere. `scale`: of uniform the largest weight (0.05), of normal the deviation (0.05), of orthogonal the
  /// length of its columns, or of its rows where there are fewer (1). Throws Error(usage) for lsuv, which needs data.
  void initialize(Initializer initializer, uint64_t seed, std::optional<double> scale = {});
  /// Layer-sequential unit variance (Mishkin & Matas 2016): orthogonal weights, then layer by layer scaled so that
  /// the layer's z has variance 1 over the rows of `x` (rows x inputs).
  void initialize_from(MatrixView<const T> x, uint64_t seed);
  /// As above with each layer's initialiser chosen by the activation that follows it:
  /// He for the relu family, LeCun for selu, Glorot otherwise.
  void initialize(uint64_t seed);

  std::span<T> parameters() noexcept;
  std::span<const T> parameters() const noexcept;
  /// These four of the first member.
  MatrixView<T> weight(int64_t affine) noexcept;
  MatrixView<const T> weight(int64_t affine) const noexcept;
  std::span<T> bias(int64_t affine) noexcept;
  std::span<const T> bias(int64_t affine) const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Networks of one spec, of one member each, as the members of one. Throws Error(usage) for none, or other specs.
template <typename T>
BasicNetwork<T> joined(std::span<const BasicNetwork<T>> members);
/// Member `index`, counted from 0, as a network of its own.
template <typename T>
BasicNetwork<T> member(const BasicNetwork<T>& network, int64_t index);

extern template class BasicNetwork<float>;
extern template class BasicNetwork<double>;
using Network = BasicNetwork<float>;

}  // namespace gradus
