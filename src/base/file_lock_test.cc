#include "base/file_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "base/test_files.h"

namespace gradus {
namespace {

TEST(FileLock, HoldsOffASecondHolderAndNamesTheOwner) {
  const TemporaryFolder folder;
  std::optional<FileLock> first(std::in_place, folder / "run.lock", folder / "run");
  const Error refused = error_of([&] { FileLock(folder / "run.lock", folder / "run"); });
  EXPECT_EQ(refused.code(), ErrorCode::cannot_create);
  EXPECT_EQ(refused.place().file, folder / "run");
  EXPECT_NE(refused.message().find("another process"), std::string::npos);
  first.reset();
  EXPECT_EQ(folder.entries(), 0u);
  EXPECT_NO_THROW(FileLock(folder / "run.lock", folder / "run"));
}

TEST(FileLock, IsLetGoByDeathAndTheFileLeftIsNoHindrance) {
  const TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    const FileLock lock(folder / "run.lock", "run");
    _exit(0);  // no destructor
  }
  waitpid(child, nullptr, 0);
  ASSERT_EQ(folder.entries(), 1u);
  EXPECT_NO_THROW(FileLock(folder / "run.lock", "run"));
}

TEST(FileLock, WhereItCannotBeMadeItSaysWhy) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { FileLock(folder / "absent/run.lock", "run"); }).code(), ErrorCode::cannot_create);
}

}  // namespace
}  // namespace gradus
