#include "kernels/target.h"

#include "kernels/test_support.h"

namespace gradus::kernels {
namespace {

TEST(Target, PortableIsAlwaysThereAndLast) {
  EXPECT_EQ(available_targets().back(), "portable");
}

TEST(Target, BecomesWhatWasAskedFor) {
  for (const std::string& target : available_targets()) {
    EXPECT_TRUE(set_target(target));
    EXPECT_EQ(target_name(), target);
  }
  EXPECT_TRUE(set_target("auto"));
  EXPECT_EQ(target_name(), available_targets().front());
}

TEST(Target, RefusesWhatTheMachineLacksAndStaysAsItWas) {
  const std::string before = target_name();
  EXPECT_FALSE(set_target("mmx"));
  EXPECT_FALSE(set_target(""));
#if defined(__x86_64__)
  EXPECT_FALSE(set_target("neon"));
#endif
  EXPECT_EQ(target_name(), before);
}

}  // namespace
}  // namespace gradus::kernels
