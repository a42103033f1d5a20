// What reaches the disk, and in which order: this program's own fsync and rename write down their calls.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "gradus/output_file.h"

#include "base/test_files.h"

namespace {

std::vector<std::string>* calls = nullptr;

std::string last_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

}  // namespace

extern "C" int fsync(int descriptor) {
  if (calls != nullptr) {
    char path[PATH_MAX];
    const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
    const ssize_t length = readlink(link.c_str(), path, sizeof path);
    calls->push_back("fsync " + last_name(std::string(path, static_cast<std::size_t>(length))));
  }
  return static_cast<int>(syscall(SYS_fsync, descriptor));
}

extern "C" int rename(const char* from, const char* to) noexcept {
  if (calls != nullptr) calls->push_back("rename " + last_name(from) + " " + last_name(to));
  return static_cast<int>(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

namespace gradus {
namespace {

std::vector<std::string> calls_of_writing(const std::string& path, const std::string& content,
                                          const OutputNames& names) {
  std::vector<std::string> made;
  OutputFile file(path, names);
  file.write(content);
  calls = &made;
  file.commit();
  calls = nullptr;
  return made;
}

TEST(DurableOutput, TheContentIsOnTheDiskBeforeTheNameAndTheNameBeforeSuccess) {
  const TemporaryFolder folder;
  const std::string here = last_name(folder.path());
  const OutputNames names = {.temporary = folder / "out.new", .previous = folder / "out.previous"};
  const std::vector<std::string> first = {"fsync out.new", "rename out.new out", "fsync " + here};
  EXPECT_EQ(calls_of_writing(folder / "out", "1", names), first);
  const std::vector<std::string> second = {"fsync out.new", "rename out.previous.new out.previous",
                                           "rename out.new out", "fsync " + here};
  EXPECT_EQ(calls_of_writing(folder / "out", "2", names), second);
  EXPECT_EQ(read_bytes(folder / "out"), "2");
  EXPECT_EQ(read_bytes(folder / "out.previous"), "1");
  EXPECT_EQ(folder.entries(), 2u);
}

TEST(DurableOutput, TheLastTwoStayAndWhatACrashLeftIsReplaced) {
  const TemporaryFolder folder;
  const OutputNames names = {.temporary = folder / "out.new", .previous = folder / "out.previous"};
  write_bytes(folder / "out.new", "half of one");
  write_bytes(folder / "out.previous.new", "left over");
  for (const char* content : {"1", "2", "3"}) calls_of_writing(folder / "out", content, names);
  EXPECT_EQ(read_bytes(folder / "out"), "3");
  EXPECT_EQ(read_bytes(folder / "out.previous"), "2");
  // A crash between the two renames: both names are of one file.
  std::filesystem::remove(folder / "out.previous");
  std::filesystem::create_hard_link(folder / "out", folder / "out.previous");
  calls_of_writing(folder / "out", "4", names);
  EXPECT_EQ(read_bytes(folder / "out"), "4");
  EXPECT_EQ(read_bytes(folder / "out.previous"), "3");
  EXPECT_EQ(folder.entries(), 2u);
}

}  // namespace
}  // namespace gradus
