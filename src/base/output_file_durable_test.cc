// What survives a power cut: the file's bytes are on the disk before its name is, and its name before commit returns.
// Calls are seen because this program's definitions come before the C library's.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "gradus/output_file.h"

#include "base/test_files.h"

namespace {

std::vector<std::string>* calls = nullptr;  // null: nobody looks

}  // namespace

extern "C" int fsync(int descriptor) {
  struct stat status = {};
  if (calls != nullptr && ::fstat(descriptor, &status) == 0)
    calls->push_back(S_ISDIR(status.st_mode) ? "fsync of the folder"
                                             : "fsync of " + std::to_string(status.st_size) + " bytes");
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

extern "C" int rename(const char* from, const char* to) noexcept {
  if (calls != nullptr) calls->push_back("rename");
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

namespace gradus {
namespace {

TEST(OutputFile, BytesAreOnTheDiskBeforeTheNameAndTheNameBeforeTheEnd) {
  const TemporaryFolder folder;
  OutputFile output(folder / "f");
  output.write(std::string(100'000, 'x'));
  std::vector<std::string> seen;
  calls = &seen;
  output.commit();
  calls = nullptr;
  EXPECT_EQ(seen, (std::vector<std::string>{"fsync of 100000 bytes", "rename", "fsync of the folder"}));
  EXPECT_EQ(read_bytes(folder / "f"), std::string(100'000, 'x'));
}

}  // namespace
}  // namespace gradus
