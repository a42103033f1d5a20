// What the table says is right whatever was timed: operations, ratios, goals. References are sums done by hand.
#include <gtest/gtest.h>

#include <set>

#include <nlohmann/json.hpp>

#include "flops.h"
#include "measure.h"
#include "report.h"

namespace gradus::bench {
namespace {

Result result_of(double flops, double seconds, double peak, std::vector<RivalTime> rivals, std::vector<Goal> goals) {
  Result result;
  result.row = {"products", "some shape", 1, flops, {}, std::move(goals), {}};
  result.seconds = seconds;
  result.peak = peak;
  result.rivals = std::move(rivals);
  for (const RivalTime& rival : result.rivals) result.row.rivals.push_back(rival.name);
  return result;
}

TEST(BenchFlops, AStepLeavesOutTheFirstLayersInputGradient) {
  // 2-3-1, 5 rows. Forward: 2*5*(6+3) = 90. dW: 90. delta W^T of the second layer only: 2*5*3 = 30.
  const Net net = {{2, 3, 1}, 5};
  EXPECT_EQ(forward_flops(net, net.batch), 90.0);
  EXPECT_EQ(step_flops(net, net.batch), 210.0);
}

TEST(BenchFlops, AProductIsAMultiplyAndAnAddATerm) {
  EXPECT_EQ(flops(Product{Form::nt, 2, 3, 5}), 60.0);
}

TEST(BenchReport, RatiosAreHowManyTimesAsFastAsTheRival) {
  const Result result = result_of(4e9, 0.5, 10e9, {{"oneDNN", false, 0.75}, {"Eigen", true, 0.0}}, {});
  EXPECT_DOUBLE_EQ(ratio(result, result.rivals[0]), 1.5);
  EXPECT_EQ(ratio(result, result.rivals[1]), 0.0);
  EXPECT_DOUBLE_EQ(share_of_peak(result), 0.8);
  EXPECT_NE(line(result).find("500.00 ms     8.0    10.0  80.0"), std::string::npos) << line(result);
  EXPECT_NE(line(result).find("1.50x"), std::string::npos);
  EXPECT_NE(line(result).find("absent"), std::string::npos);
}

TEST(BenchReport, AGoalIsMetMissedOrNotMeasured) {
  const Result result = result_of(4e9, 0.5, 10e9, {{"oneDNN", false, 0.75}, {"Eigen", true, 0.0}},
                                  {{"oneDNN", 1.6}, {"peak", 0.75}, {"Eigen", 1.0}});
  EXPECT_NE(line(result).find("oneDNN 1.60x MISSED; peak 0.75x met; Eigen 1.00x not measured"), std::string::npos)
      << line(result);
  const nlohmann::ordered_json json = to_json(result);
  EXPECT_EQ(json["goals"][0]["met"], false);
  EXPECT_EQ(json["goals"][1]["met"], true);
  EXPECT_FALSE(json["goals"][2].contains("met"));
  EXPECT_EQ(json["rivals"][1]["absent"], true);
  EXPECT_DOUBLE_EQ(json["rivals"][0]["ratio"], 1.5);
  EXPECT_DOUBLE_EQ(json["gflops_per_second"], 8.0);
}

TEST(BenchReport, NoRowIsAboveThePeakOfItsThreads) {
  std::vector<Result> results = {result_of(4e9, 1.0, 5e9, {}, {}), result_of(9e9, 1.0, 6e9, {}, {}),
                                 result_of(3e9, 1.0, 11e9, {}, {}), result_of(0.0, 1.0, 0.0, {}, {})};
  results[2].row.threads = 2;
  share_highest_peak(results);
  EXPECT_EQ(results[0].peak, 9e9);  // the second row's own rate
  EXPECT_EQ(results[1].peak, 9e9);
  EXPECT_EQ(results[2].peak, 11e9);
  EXPECT_EQ(results[3].peak, 0.0);
  EXPECT_EQ(peaks_summary(results),
            "\nfma peak, threads 1: 9.0 GF/s, the highest of the run"
            "\nfma peak, threads 2: 11.0 GF/s, the highest of the run");
}

TEST(BenchReport, TheProductsMeanIsGeometric) {
  const std::vector<Result> results = {result_of(1e9, 1.0, 2e9, {{"oneDNN", false, 4.0}, {"Eigen", false, 2.0}}, {}),
                                       result_of(1e9, 1.0, 2e9, {{"oneDNN", false, 1.0}, {"Eigen", false, 0.5}}, {})};
  const std::string text = products_summary(results);
  EXPECT_NE(text.find("best rival 0.50"), std::string::npos) << text;
  EXPECT_NE(text.find("geometric mean of 2 ratios to oneDNN 2.000"), std::string::npos) << text;
  EXPECT_EQ(products_summary({}), "");
}

TEST(BenchRows, EveryRowHasItsOwnNameAndGoalsAboutItsColumns) {
  std::set<std::string> seen;
  for (const Row& row : rows()) {
    EXPECT_TRUE(seen.insert(row.section + row.name).second) << row.name;
    for (const Goal& goal : row.goals)
      EXPECT_TRUE(goal.than == "peak" || goal.than == "per second" ||
                  std::count(row.rivals.begin(), row.rivals.end(), goal.than))
          << row.name;
  }
}

TEST(BenchMeasure, TheBestOfEveryContenderIsKeptAndNoneIsSkipped) {
  int calls = 0;
  const Work slower = [](int64_t repeats) { return 2e-3 * static_cast<double>(repeats); };
  const Work settling = [&calls](int64_t repeats) {
    return (++calls < 5 ? 3e-3 : 1e-3) * static_cast<double>(repeats);
  };
  const std::vector<double> best = best_seconds({slower, Work{}, settling}, {0.001, 0.01, 6, 6, {}});
  EXPECT_DOUBLE_EQ(best[0], 2e-3);
  EXPECT_EQ(best[1], 0.0);
  EXPECT_DOUBLE_EQ(best[2], 1e-3);
}

}  // namespace
}  // namespace gradus::bench
