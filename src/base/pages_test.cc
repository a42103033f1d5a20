#include "base/pages.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <new>
#include <utility>

namespace gradus {
namespace {

TEST(Pages, AreZeroedAndWritableToTheirEnd) {
  for (const std::size_t bytes :
       {std::size_t{1}, std::size_t{4096}, std::size_t{65'537}, std::size_t{2} << 20, (std::size_t{2} << 20) + 1,
        std::size_t{5'000'001}, std::size_t{8} << 20, (std::size_t{8} << 20) + 4097}) {
    Pages pages(bytes);
    ASSERT_GE(pages.size(), bytes);
    for (std::size_t i = 0; i < pages.size(); i += 997) ASSERT_EQ(pages.data()[i], std::byte{0});
    pages.data()[0] = std::byte{1};
    pages.data()[pages.size() - 1] = std::byte{2};
    Pages moved = std::move(pages);
    EXPECT_EQ(moved.data()[moved.size() - 1], std::byte{2});
  }
}

TEST(Pages, OfTwoMegabytesStartOnAHugePage) {
  for (const std::size_t bytes : {std::size_t{2} << 20, std::size_t{3'000'000}, std::size_t{40'000'000}}) {
    const Pages one(bytes);
    const Pages two(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(one.data()) % (std::size_t{2} << 20), 0U);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(two.data()) % (std::size_t{2} << 20), 0U);
  }
}

TEST(Pages, RefuseWhatNoMachineHas) {
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
  EXPECT_THROW({ const Pages pages(kMost); }, std::bad_alloc);
  EXPECT_THROW({ const Pages pages(kMost / 2); }, std::bad_alloc);
}

}  // namespace
}  // namespace gradus
