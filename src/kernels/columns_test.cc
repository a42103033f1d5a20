#include "kernels/columns.h"

#include <algorithm>

#include "kernels/test_support.h"

namespace gradus::kernels {
namespace {

TEST(Columns, StandardiseEqualsItsTwinOnEveryTarget) {
  for (std::size_t size = 0; size <= 70; ++size) {
    std::vector<float> cells = draw<float>(80, 3, Values::special);
    const std::span<const float> in(cells.data() + size % 5, size);
    std::vector<float> expected;
    for (const float cell : in) {
      const double feature = (static_cast<double>(cell) - 0.3) * 1e3;
      constexpr auto kMost = static_cast<double>(std::numeric_limits<float>::max());
      expected.push_back(std::isnan(cell) ? -7.0f : static_cast<float>(std::clamp(feature, -kMost, kMost)));
    }
    on_every_target([&] {
      std::vector<float> out(size);
      standardise(in, 0.3, 1e3, -7.0f, out);
      EXPECT_TRUE(same_bits(out, expected)) << size;
    });
  }
}

TEST(Columns, RangeLeavesMissingCellsOut) {
  on_every_target([] {
    for (std::size_t size = 0; size <= 70; ++size) {
      std::vector<double> cells = draw<double>(static_cast<int64_t>(size), 5, Values::special);
      int64_t missing = 0;
      double low = HUGE_VAL, high = -HUGE_VAL;
      for (const double cell : cells) {
        missing += std::isnan(cell);
        if (cell < low) low = cell;
        if (cell > high) high = cell;
      }
      const CellRange range = cell_range(cells);
      EXPECT_EQ(range.missing, missing);
      EXPECT_EQ(range.minimum, low);
      EXPECT_EQ(range.maximum, high);
    }
  });
}

// Instructions differ in which of two zeros they call the smaller, and the range is written into the model.
TEST(Columns, RangeKnowsOneZero) {
  on_every_target([] {
    for (std::size_t size = 1; size <= 40; ++size) {
      for (std::size_t negative = 0; negative < size; ++negative) {
        std::vector<double> cells(size, 0.0);
        cells[negative] = -0.0;
        const CellRange range = cell_range(cells);
        EXPECT_FALSE(std::signbit(range.minimum));
        EXPECT_FALSE(std::signbit(range.maximum));
      }
    }
  });
}

TEST(Columns, SquaresDeviations) {
  on_every_target([] {
    for (std::size_t size = 0; size <= 70; ++size) {
      std::vector<double> cells = draw<double>(static_cast<int64_t>(size), 6, Values::special);
      std::vector<double> expected = cells;
      for (double& cell : expected) cell = (cell - 0.1) * (cell - 0.1);
      square_deviations(cells, 0.1);
      EXPECT_TRUE(same_bits(cells, expected));
    }
  });
}

}  // namespace
}  // namespace gradus::kernels
