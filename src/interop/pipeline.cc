#include "interop/pipeline.h"

#include <algorithm>
#include <span>
#include <type_traits>
#include <utility>

#include "nn/fold.h"
#include "nn/plan.h"

namespace gradus {
namespace {

using AnyNetwork = std::variant<BasicNetwork<float>, BasicNetwork<double>>;

/// One function for each op there is, so that a new one doesn't go missing in what is exported.
struct StepMaker {
  const Plan& plan;
  const PlannedOp& planned;
  const std::vector<int64_t>& kept;
  Pipeline& pipeline;

  void add(auto step) const { pipeline.steps.push_back({step, planned.outputs}); }

  void operator()(const Affine&) const { add(AffineStep{planned.affine, planned.inputs}); }
  void operator()(const Activate& op) const {
    if (op.activation != Activation::identity) add(ActivateStep{op.activation});
  }
  void operator()(const Dropout&) const {}
  void operator()(const BatchNorm&) const {}  // folded
  void operator()(const LayerNorm&) const {
    const NormLayout& norm = plan.norms[static_cast<std::size_t>(planned.norm)];
    add(LayerNormStep{norm.epsilon, norm.scale_offset, norm.shift_offset});
  }
  void operator()(const Residual& op) const { add(AddStep{slot_of(op.from)}); }
  void operator()(const Embed&) const { add(EmbedStep{plan.embedded}); }
  void operator()(const Scale&) const { add(ScaleStep{planned.factors}); }
  void operator()(const Blend&) const { add(BlendStep{slot_of(&planned - plan.ops.data() - 2), planned.factors}); }
  int64_t slot_of(int64_t op) const { return std::find(kept.begin(), kept.end(), op) - kept.begin(); }
};

}  // namespace

int64_t Pipeline::widest() const noexcept {
  int64_t most = features();
  for (const Step& step : steps) most = std::max(most, step.width);
  return most;
}

int64_t Pipeline::multiply_adds() const noexcept {
  int64_t count = 0;
  for (const Step& step : steps) {
    if (const auto* affine = std::get_if<AffineStep>(&step.what)) count += affine->inputs * step.width;
    if (std::holds_alternative<LayerNormStep>(step.what)) count += 2 * step.width;
    if (std::holds_alternative<ScaleStep>(step.what) || std::holds_alternative<BlendStep>(step.what))
      count += step.width;
    if (const auto* embed = std::get_if<EmbedStep>(&step.what))
      for (const EmbeddedColumn& embedded : embed->columns) count += embedded.column.hidden * embedded.column.outputs;
  }
  return count;
}

Pipeline make_pipeline(const ModelData& model, int64_t index) {
  Pipeline pipeline{
      .encoder = model.encoder,
      .network = std::visit([&](const auto& network) -> AnyNetwork { return fold_batch_norms(member(network, index)); },
                            model.network),
      .steps = {},
      .slot_widths = {},
      .head = spec(model).head,
      .targets = model.targets,
      .calibration = model.calibration};
  const Plan plan =
      compile(std::visit([](const auto& network) -> const NetworkSpec& { return network.spec(); }, pipeline.network));
  std::vector<int64_t> kept;
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    std::visit(StepMaker{plan, plan.ops[i], kept, pipeline}, plan.ops[i].op);
    if (plan.ops[i].skips.empty()) continue;
    pipeline.steps.push_back({KeepStep{std::ssize(kept)}, plan.ops[i].outputs});
    pipeline.slot_widths.push_back(plan.ops[i].outputs);
    kept.push_back(static_cast<int64_t>(i));
  }
  return pipeline;
}

std::vector<Pipeline> make_pipelines(const ModelData& model) {
  std::vector<Pipeline> pipelines;
  for (int64_t index = 0; index < spec(model).members; ++index) pipelines.push_back(make_pipeline(model, index));
  return pipelines;
}

AnyNetwork joined(const std::vector<Pipeline>& pipelines) {
  return std::visit(
      [&](const auto& first) -> AnyNetwork {
        using Member = std::decay_t<decltype(first)>;
        std::vector<Member> members;
        for (const Pipeline& pipeline : pipelines) members.push_back(std::get<Member>(pipeline.network));
        return joined(std::span<const Member>(members));
      },
      pipelines.front().network);
}

}  // namespace gradus
