// Every case of tests/data/losses.json (PyTorch in float64): each row's loss and its derivative by the logits, within
// 1e-12 of the row's largest in float64 and 2e-5 in float32.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "nn/loss.h"
#include "source_path.h"

namespace gradus {
namespace {

using nlohmann::json;

const json& cases() {
  static const json all = json::parse(std::ifstream(source_path("tests/data/losses.json")));
  return all;
}

Head head_of(const json& c) {
  Head head{parse<Loss>(c["loss"].get<std::string>(), "reference"), Activation::identity};
  head.huber_delta = c.value("huber_delta", head.huber_delta);
  head.focal_gamma = c.value("focal_gamma", head.focal_gamma);
  head.quantiles = c.value("quantiles", head.quantiles);
  head.label_smoothing = c.value("label_smoothing", head.label_smoothing);
  return head;
}

template <typename T>
std::vector<T> numbers(const json& nested) {
  if (nested.is_number()) return {nested.get<T>()};
  std::vector<T> all;
  for (const json& item : nested) {
    const std::vector<T> inner = numbers<T>(item);
    all.insert(all.end(), inner.begin(), inner.end());
  }
  return all;
}

template <typename T>
void expect_case(const json& c, double tolerance) {
  const Head head = head_of(c);
  SCOPED_TRACE(describe(head));
  const std::vector<T> z = numbers<T>(c["z"]), y = numbers<T>(c["y"]);
  const std::vector<double> losses = numbers<double>(c["losses"]), deltas = numbers<double>(c["delta"]);
  const auto rows = static_cast<int64_t>(losses.size());
  const auto outputs = static_cast<int64_t>(z.size()) / rows;
  ASSERT_EQ(static_cast<int64_t>(y.size()), rows * target_width(head, outputs));
  std::vector<T> scratch(z.size()), delta(z.size()), loss(losses.size());
  loss_and_delta<T>(head, {z.data(), rows, outputs}, {y.data(), rows, target_width(head, outputs)}, T(1),
                    {scratch.data(), rows, outputs}, {delta.data(), rows, outputs}, loss);
  for (std::size_t i = 0; i < losses.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(loss[i]), losses[i], tolerance * std::max(1.0, std::fabs(losses[i])))
        << "row " << i;
    const auto first = i * static_cast<std::size_t>(outputs);
    double largest = 1.0;
    for (std::size_t k = first; k < first + static_cast<std::size_t>(outputs); ++k)
      largest = std::max(largest, std::fabs(deltas[k]));
    for (std::size_t k = first; k < first + static_cast<std::size_t>(outputs); ++k)
      EXPECT_NEAR(static_cast<double>(delta[k]), deltas[k], tolerance * largest) << "row " << i;
  }
}

TEST(LossReference, EveryCaseInFloat64) {
  for (const json& c : cases()) expect_case<double>(c, 1e-12);
}

TEST(LossReference, EveryCaseInFloat32) {
  for (const json& c : cases()) expect_case<float>(c, 2e-5);
}

TEST(LossReference, HasEveryLoss) {
  std::set<std::string> held;
  for (const json& c : cases()) held.insert(c["loss"]);
  for (const std::string& loss : names<Loss>()) EXPECT_EQ(held.count(loss), 1u) << loss;
}

}  // namespace
}  // namespace gradus
