// What a deployed model does with a row, as a list of steps: the one description that every exporter writes out.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "gradus/calibration.h"
#include "gradus/names.h"
#include "gradus/network.h"

#include "data/encoder.h"
#include "model/model_data.h"
#include "nn/plan.h"

namespace gradus {

/// z = a W + b, weight and bias number `affine` of the network.
struct AffineStep {
  int64_t affine = 0;
  int64_t inputs = 0;
};
struct ActivateStep {
  Activation activation = Activation::identity;
};
/// Each row over its own mean and deviation, then scale and shift: `width` values each at these offsets.
struct LayerNormStep {
  double epsilon = 0.0;
  int64_t scale_offset = 0;
  int64_t shift_offset = 0;
};
/// The values at hand are kept in a slot, or one that was kept is added to them.
struct KeepStep {
  int64_t slot = 0;
};
struct AddStep {
  int64_t slot = 0;
};

/// Column by column, as Embed has it; the parameters are the network's own first ones.
struct EmbedStep {
  std::vector<EmbeddedColumn> columns;
};
/// Times factors, `width` of them at this offset.
struct ScaleStep {
  int64_t offset = 0;
};
/// z + share (a - z), z kept in a slot; `width` shares at this offset.
struct BlendStep {
  int64_t slot = 0;
  int64_t offset = 0;
};

/// `width`: how many values there are behind it.
struct Step {
  std::variant<AffineStep, ActivateStep, LayerNormStep, KeepStep, AddStep, EmbedStep, ScaleStep, BlendStep> what;
  int64_t width = 0;
};

/// Columns -> `encoder` -> features -> `steps` -> logits -> `head` -> outputs -> `targets`, `calibration` -> answers.
/// Batch norms are folded and dropout is gone, as in prediction, so a step's arithmetic in the network's precision
/// gives the bits that `predict` gives.
struct Pipeline {
  Encoder encoder;
  std::variant<BasicNetwork<float>, BasicNetwork<double>> network;
  std::vector<Step> steps;
  std::vector<int64_t> slot_widths;
  Head head;
  TargetEncoder targets;
  Calibration calibration;

  int64_t features() const noexcept { return encoder.width; }
  int64_t outputs() const noexcept { return steps.back().width; }
  bool single() const noexcept { return std::holds_alternative<BasicNetwork<float>>(network); }
  bool has_set() const noexcept { return calibration.coverage > 0.0 && targets.task != Task::regression; }
  /// The most values that stand side by side: features or a layer's.
  int64_t widest() const noexcept;
  int64_t multiply_adds() const noexcept;
};

/// Of a network's member `member`, all of it but the mean over the members.
Pipeline make_pipeline(const ModelData& model, int64_t member = 0);
/// One for each member.
std::vector<Pipeline> make_pipelines(const ModelData& model);
/// The other way: their networks as the members of one.
std::variant<BasicNetwork<float>, BasicNetwork<double>> joined(const std::vector<Pipeline>& pipelines);

}  // namespace gradus
