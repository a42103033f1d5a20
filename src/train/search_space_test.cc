#include "train/search_space.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/test_files.h"

namespace gradus {
namespace {

const std::vector<SearchRange> kRanges = {{.name = "learning-rate", .low = 1e-4, .high = 1.0, .logarithmic = true},
                                          {.name = "dropout", .low = 0.1, .high = 0.5},
                                          {.name = "patience", .low = 2, .high = 5, .whole = true},
                                          {.name = "hidden", .choices = {"8", "16,8", "none"}}};

TEST(DrawValues, AreAFunctionOfSeedAndNumber) {
  EXPECT_EQ(draw_values(kRanges, 1, 7), draw_values(kRanges, 1, 7));
  EXPECT_NE(draw_values(kRanges, 1, 7), draw_values(kRanges, 1, 8));
  EXPECT_NE(draw_values(kRanges, 1, 7), draw_values(kRanges, 2, 7));
  EXPECT_EQ(draw_values(kRanges, 1, 7)[2].first, "patience");
}

TEST(DrawValues, FillTheirRangesEvenly) {
  std::map<std::string, int> patience, hidden;
  std::set<std::string> rates;
  int decade = 0, low_half = 0;
  constexpr int kDraws = 4000;
  for (int number = 1; number <= kDraws; ++number) {
    const Assignment values = draw_values(kRanges, 5, number);
    const double rate = std::stod(values[0].second), dropout = std::stod(values[1].second);
    EXPECT_GE(rate, 1e-4);
    EXPECT_LE(rate, 1.0);
    EXPECT_GE(dropout, 0.1);
    EXPECT_LE(dropout, 0.5);
    decade += rate < 1e-3 ? 1 : 0;  // one of four decades
    low_half += dropout < 0.3 ? 1 : 0;
    ++patience[values[2].second];
    ++hidden[values[3].second];
    rates.insert(values[0].second);
  }
  // Four standard deviations of a binomial count.
  EXPECT_NEAR(decade, kDraws / 4, 4 * std::sqrt(kDraws * 0.25 * 0.75));
  EXPECT_NEAR(low_half, kDraws / 2, 4 * std::sqrt(kDraws * 0.25));
  EXPECT_EQ(patience.size(), 4u);
  for (const auto& [value, count] : patience) EXPECT_NEAR(count, kDraws / 4, 4 * std::sqrt(kDraws * 0.25 * 0.75));
  EXPECT_EQ(hidden.size(), 3u);
  for (const auto& [value, count] : hidden) EXPECT_NEAR(count, kDraws / 3, 4 * std::sqrt(kDraws * 2.0 / 9.0));
  EXPECT_GT(rates.size(), 3000u);
}

TEST(CheckRanges, NameWhatTheyRefuse) {
  const auto refusal = [](const std::vector<SearchRange>& ranges) {
    return error_of([&] { check_ranges(ranges); }).message();
  };
  check_ranges(kRanges);
  EXPECT_EQ(refusal({{.name = "a", .low = 2, .high = 1}}), "range \"a\": found 2 to 1, expected the lower end first");
  EXPECT_EQ(refusal({{.name = "a", .low = 0, .high = 1, .logarithmic = true}}),
            "range \"a\": found 0 at the end of a logarithmic range, expected numbers above 0");
  EXPECT_EQ(refusal({{.name = "a", .low = 0.5, .high = 2, .whole = true}}),
            "range \"a\": found 0.5 to 2, expected whole numbers");
  EXPECT_EQ(refusal({{.name = "a", .low = 0, .high = 1}, {.name = "a", .choices = {"x"}}}),
            "range \"a\": found it twice, expected each option once");
}

TEST(RanksBefore, StateThenEpochsThenScoreThenLossThenNumber) {
  const Trial best{.number = 9, .epochs = 9, .score = 0.5, .validation_loss = 2.0};
  const auto worse = [&](auto change) {
    Trial other = best;
    change(other);
    EXPECT_TRUE(ranks_before(best, other, true));
    EXPECT_FALSE(ranks_before(other, best, true));
  };
  worse([](Trial& t) { t.state = TrialState::diverged, t.score = 1.0; });
  worse([](Trial& t) { t.epochs = 3, t.score = 1.0; });
  worse([](Trial& t) { t.score = 0.4, t.validation_loss = 0.0; });
  worse([](Trial& t) { t.score = NAN; });
  worse([](Trial& t) { t.validation_loss = 3.0, t.number = 1; });
  worse([](Trial& t) { t.number = 10; });
  Trial lower = best;
  lower.score = 0.4;
  EXPECT_TRUE(ranks_before(lower, best, false));
}

TEST(HalvingRungs, ByHand) {
  const auto rungs = [](int64_t trials, int64_t epochs, int64_t factor) {
    std::vector<std::pair<int64_t, int64_t>> found;
    for (const Rung& rung : halving_rungs(trials, epochs, factor)) found.emplace_back(rung.trials, rung.epochs);
    return found;
  };
  using Expected = std::vector<std::pair<int64_t, int64_t>>;
  EXPECT_EQ(rungs(9, 27, 3), (Expected{{9, 3}, {3, 9}, {1, 27}}));
  EXPECT_EQ(rungs(20, 100, 3), (Expected{{20, 3}, {7, 11}, {3, 33}, {1, 100}}));
  EXPECT_EQ(rungs(8, 3, 2), (Expected{{8, 1}, {4, 3}}));
  EXPECT_EQ(rungs(1, 50, 3), (Expected{{1, 50}}));
}

}  // namespace
}  // namespace gradus
