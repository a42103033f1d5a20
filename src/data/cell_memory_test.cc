#include "data/cell_memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace gradus {
namespace {

TEST(CellMemory, HandsOutZeroedRunsThatDoNotOverlap) {
  CellMemory memory;
  std::vector<CellMemory::Run> runs;
  const std::vector<std::size_t> sizes = {1, 64, 65, 4096, 100'000, 3'000'000, 16'384, 1'500'000, 700'000, 8};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    runs.push_back(memory.take(sizes[i]));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(runs[i].data) % 64, 0U);
    for (std::size_t k = 0; k < sizes[i]; ++k) ASSERT_EQ(runs[i].data[k], std::byte{0}) << sizes[i];
    std::memset(runs[i].data, static_cast<int>(i + 1), sizes[i]);
  }
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    for (std::size_t k = 0; k < sizes[i]; ++k) ASSERT_EQ(runs[i].data[k], static_cast<std::byte>(i + 1)) << sizes[i];
  }
}

TEST(CellMemory, LetsAPieceGoWithItsLastRun) {
  CellMemory memory;
  CellMemory::Run first = memory.take(40'000);
  CellMemory::Run second = memory.take(20'000);  // in the same piece
  CellMemory::Run third = memory.take(100'000);  // in the next one
  const std::weak_ptr<const void> piece = first.owner;
  first = {};
  EXPECT_FALSE(piece.expired());
  second = {};
  EXPECT_TRUE(piece.expired());
  EXPECT_NE(third.owner, nullptr);
}

}  // namespace
}  // namespace gradus
