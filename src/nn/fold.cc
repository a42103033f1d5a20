#include "nn/fold.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "nn/plan.h"

namespace gradus {
namespace {

/// The spec without its batch norms, residuals pointing where they did: the value of a batch norm becomes its affine's.
NetworkSpec without_batch_norms(const NetworkSpec& spec) {
  NetworkSpec folded = {spec.inputs, {}, spec.head};
  std::vector<int64_t> place;  // of each op of `spec` in `folded`
  for (const Op& op : spec.ops) {
    if (!std::holds_alternative<BatchNorm>(op)) folded.ops.push_back(op);
    place.push_back(std::ssize(folded.ops) - 1);
    if (auto* residual = std::get_if<Residual>(&folded.ops.back()); residual && std::holds_alternative<Residual>(op))
      residual->from = place[static_cast<std::size_t>(residual->from)];
  }
  return folded;
}

template <typename T>
void scale_affine(const NormLayout& norm, std::span<const T> parameters, MatrixView<T> weight, std::span<T> bias) {
  const auto at = [&](int64_t offset, std::size_t j) {
    return static_cast<double>(parameters[static_cast<std::size_t>(offset) + j]);
  };
  for (std::size_t j = 0; j < bias.size(); ++j) {
    const double factor = at(norm.scale_offset, j) / std::sqrt(at(norm.variance_offset, j) + norm.epsilon);
    for (int64_t i = 0; i < weight.rows(); ++i) {
      T& w = weight(i, static_cast<int64_t>(j));
      w = static_cast<T>(static_cast<double>(w) * factor);
    }
    bias[j] =
        static_cast<T>((static_cast<double>(bias[j]) - at(norm.mean_offset, j)) * factor + at(norm.shift_offset, j));
  }
}

/// Embeddings, scales and blends.
template <typename T>
void copy_input_parameters(const Plan& from_plan, std::span<const T> from, const Plan& to_plan, std::span<T> to) {
  const auto copy = [&](int64_t offset, int64_t count, int64_t at) {
    std::copy_n(from.data() + offset, count, to.data() + at);
  };
  for (const EmbeddedColumn& embedded : from_plan.embedded)  // of the first op: at the same place in both
    copy(embedded.offset, parameter_count(embedded.column), embedded.offset);
  std::vector<int64_t> places;
  for (const PlannedOp& planned : to_plan.ops)
    if (planned.factors >= 0) places.push_back(planned.factors);
  auto place = places.begin();
  for (const PlannedOp& planned : from_plan.ops)
    if (planned.factors >= 0) copy(planned.factors, planned.outputs, *place++);
}

}  // namespace

template <typename T>
BasicNetwork<T> fold_batch_norms(const BasicNetwork<T>& network) {
  const Plan plan = compile(network.spec());
  if (!has_batch_norm(plan)) return network;
  BasicNetwork<T> folded(without_batch_norms(network.spec()));
  const Plan folded_plan = compile(folded.spec());
  const std::span<const T> parameters = network.parameters();
  for (int64_t l = 0; l < network.affine_count(); ++l) {
    std::copy_n(network.weight(l).data(), network.weight(l).rows() * network.weight(l).columns(),
                folded.weight(l).data());
    std::ranges::copy(network.bias(l), folded.bias(l).begin());
  }
  std::size_t kept = 0;
  for (const NormLayout& norm : plan.norms) {
    if (norm.batch) {
      scale_affine<T>(norm, parameters, folded.weight(norm.affine), folded.bias(norm.affine));
    } else {  // scale, then shift
      std::copy_n(parameters.data() + norm.scale_offset, 2 * norm.width,
                  folded.parameters().data() + folded_plan.norms[kept++].scale_offset);
    }
  }
  copy_input_parameters(plan, parameters, folded_plan, folded.parameters());
  return folded;
}

template BasicNetwork<float> fold_batch_norms(const BasicNetwork<float>&);
template BasicNetwork<double> fold_batch_norms(const BasicNetwork<double>&);

}  // namespace gradus
