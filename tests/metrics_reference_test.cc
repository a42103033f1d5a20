// Every metric against tests/data/metrics.json (scikit-learn), within 1e-12: all at once and one by one.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "source_path.h"
#include "train/metrics.h"

namespace gradus {
namespace {

using nlohmann::json;

const json& reference() {
  static const json all = json::parse(std::ifstream(source_path("tests/data/metrics.json")));
  return all;
}

TEST(MetricsReference, OfClasses) {
  for (const json& c : reference().at("classes")) {
    std::vector<double> p;
    for (const json& row : c.at("p"))
      for (const json& value : row) p.push_back(value.get<double>());
    const auto labels = c.at("y").get<std::vector<int32_t>>();
    const auto weights = c.at("w").get<std::vector<double>>();
    const auto rows = static_cast<int64_t>(labels.size());
    const MatrixView<const double> probabilities(p.data(), rows, std::ssize(p) / rows);
    std::vector<int32_t> predicted;
    for (int64_t row = 0; row < rows; ++row) predicted.push_back(largest_index<double>(probabilities.row(row)));
    const ClassMetrics all = class_metrics<double>(probabilities, labels, predicted, weights);
    const std::map<std::string, double> found = {
        {"accuracy", all.accuracy}, {"error", all.error}, {"balanced_accuracy", all.balanced_accuracy},
        {"log_loss", all.log_loss}, {"auc", all.auc},     {"f1_macro", all.f1_macro},
        {"brier", all.brier},       {"ece", all.ece}};
    ASSERT_EQ(c.at("metrics").size(), found.size());
    for (const auto& [name, value] : c.at("metrics").items()) {
      EXPECT_NEAR(found.at(name), value.get<double>(), 1e-12) << name;
      EXPECT_EQ(class_metric<double>(parse<Metric>(name, name), probabilities, labels, predicted, weights),
                found.at(name))
          << name;
    }
  }
}

TEST(MetricsReference, OfNumbers) {
  for (const json& c : reference().at("numbers")) {
    const auto predicted = c.at("predicted").get<std::vector<double>>();
    const auto actual = c.at("y").get<std::vector<double>>();
    const auto weights = c.at("w").get<std::vector<double>>();
    const NumberMetrics all = number_metrics(predicted, actual, weights);
    const std::map<std::string, double> found = {
        {"rmse", all.rmse}, {"mae", all.mae}, {"r2", all.r2}, {"median_absolute_error", all.median_absolute_error}};
    ASSERT_EQ(c.at("metrics").size(), found.size());
    for (const auto& [name, value] : c.at("metrics").items()) {
      EXPECT_NEAR(found.at(name), value.get<double>(), 1e-12) << name;
      EXPECT_EQ(number_metric(parse<Metric>(name, name), predicted, actual, weights), found.at(name)) << name;
    }
  }
}

}  // namespace
}  // namespace gradus
