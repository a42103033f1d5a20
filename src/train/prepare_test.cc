#include "train/prepare.h"

#include <gtest/gtest.h>

#include <variant>
#include <vector>

#include "kernels/reductions.h"

namespace gradus {
namespace {

double mean_at(const std::vector<double>& values, const std::vector<uint32_t>& rows) {
  kernels::BlockedSum sum;
  for (const uint32_t row : rows) sum.add(values[row]);
  return sum.total() / static_cast<double>(rows.size());
}

// Whatever validation rows told the encoding would flatter the validation loss.
TEST(Prepare, EncodingsAreLearnedFromTheTrainingRowsOnly) {
  std::vector<double> x, y;
  for (int i = 0; i < 50; ++i) {
    x.push_back(static_cast<double>(i * i));
    y.push_back(static_cast<double>(3 * i));
  }
  Table table;
  table.add_column("x", x);
  table.add_column("y", y);
  const Preparation p =
      prepare(table, {.target = "y", .task = Task::regression, .precision = Precision::float64}, true);
  ASSERT_EQ(p.rows.size(), 50u);
  ASSERT_EQ(p.split.validation.size(), 5u);
  const auto& encoding = std::get<NumericEncoding>(p.encoder.columns.at(0).encoding);
  EXPECT_DOUBLE_EQ(encoding.mean, mean_at(x, p.split.training));
  EXPECT_NE(encoding.mean, mean_at(x, p.rows));
  EXPECT_DOUBLE_EQ(p.targets.columns.at(0).mean, mean_at(y, p.split.training));
  EXPECT_NE(p.targets.columns.at(0).mean, mean_at(y, p.rows));
}

TEST(Prepare, RowsOfTheCallersOwnLeaveEveryRowToTrainOn) {
  Table table;
  table.add_column("x", std::vector<double>{1, 2, 3, 4});
  table.add_column("y", std::vector<double>{1.5, 2, 3, 4});
  const Preparation p = prepare(table, {.target = "y", .task = Task::regression}, false);
  EXPECT_EQ(p.training_rows(), 4);
  EXPECT_TRUE(p.split.validation.empty());
}

}  // namespace
}  // namespace gradus
