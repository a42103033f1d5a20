#include "base/bounds.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/test_files.h"

namespace gradus {
namespace {

TEST(Bounds, TakeWhatIsInRangeEndsIncludedAsSaid) {
  EXPECT_NO_THROW(check_at_least("epochs", 1, 1));
  EXPECT_NO_THROW(check_below("dropout", 0.0, 0.0, 1.0));
  EXPECT_NO_THROW(check_range("rate", 1.0, 0.0, 1.0));
}

TEST(Bounds, SayWhatWasFoundAndExpected) {
  EXPECT_EQ(error_of([] { check_at_least("epochs", 0, 1); }).message(), "epochs: found 0, expected at least 1");
  EXPECT_EQ(error_of([] { check_below("dropout", 1.0, 0.0, 1.0); }).message(),
            "dropout: found 1, expected at least 0 and below 1");
  EXPECT_EQ(error_of([] { check_range("rate", -0.5, 0.0, 1.0); }).message(), "rate: found -0.5, expected 0 to 1");
}

TEST(Bounds, NanIsNeverInRange) {
  EXPECT_EQ(error_of([] { check_below("dropout", std::nan(""), 0.0, 1.0); }).code(), ErrorCode::usage);
  EXPECT_EQ(error_of([] { check_range("rate", std::nan(""), 0.0, 1.0); }).code(), ErrorCode::usage);
}

}  // namespace
}  // namespace gradus
