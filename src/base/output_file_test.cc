#include "gradus/output_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include "gradus/error.h"

#include "base/test_files.h"

namespace gradus {
namespace {

void write_output(const std::string& path, std::string_view bytes) {
  OutputFile file(path);
  file.write(bytes);
  file.commit();
}

mode_t permissions(const std::string& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

TEST(OutputFile, AppearsOnlyAtCommit) {
  const TemporaryFolder folder;
  const std::string path = folder / "out";
  {
    OutputFile file(path);
    file.write("some ");
    file.flush();
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_EQ(folder.entries(), 1u);
    file.write("bytes");
    file.commit();
    EXPECT_EQ(read_bytes(path), "some bytes");
  }
  EXPECT_EQ(read_bytes(path), "some bytes");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(OutputFile, WithoutCommitNothingChanges) {
  const TemporaryFolder folder;
  write_bytes(folder / "old", "as it was");
  {
    OutputFile over(folder / "old");
    over.write(std::string(200000, 'x'));
    OutputFile fresh(folder / "fresh");
    fresh.write("x");
    fresh.flush();
  }
  EXPECT_EQ(read_bytes(folder / "old"), "as it was");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(OutputFile, TheTemporaryOfAKilledWriterGoesWithTheNextOutputAndALivingOnesStays) {
  const TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t writer = ::fork();
  ASSERT_GE(writer, 0);
  if (writer == 0) {
    OutputFile file(folder / "out");
    file.write("half");
    file.flush();
    ::close(ready[1]);
    for (;;) ::pause();
  }
  ::close(ready[1]);
  char none;
  EXPECT_EQ(::read(ready[0], &none, 1), 0);  // until the file is there
  ::close(ready[0]);
  write_output(folder / "other", "1");
  EXPECT_EQ(folder.entries(), 2u);
  ::kill(writer, SIGKILL);
  ::waitpid(writer, nullptr, 0);
  // Names that only look like ours stay.
  write_bytes(folder / ".gradus-1-x.tmp", "theirs");
  write_bytes(folder / ".gradus-.tmp", "theirs");
  std::filesystem::create_directory(folder / ".gradus-1-1.tmp");
  write_output(folder / "other", "2");
  EXPECT_EQ(folder.entries(), 4u);
  EXPECT_EQ(read_bytes(folder / "other"), "2");
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

TEST(OutputFile, KeepsEveryByteWhateverThePieces) {
  const TemporaryFolder folder;
  std::string expected;
  OutputFile file(folder / "out");
  for (std::size_t size : {1u, 65535u, 1u, 65536u, 65537u, 0u, 3u, 200000u, 7u}) {
    const std::string piece(size, static_cast<char>('a' + expected.size() % 26));
    file.write(piece);
    expected += piece;
  }
  file.commit();
  EXPECT_EQ(read_bytes(folder / "out"), expected);
}

TEST(OutputFile, HonoursTheUmaskAndKeepsOldPermissions) {
  const TemporaryFolder folder;
  const mode_t umask_before = ::umask(027);
  write_output(folder / "fresh", "x");
  ::umask(umask_before);
  EXPECT_EQ(permissions(folder / "fresh"), 0640u);
  for (const mode_t mode : {0600u, 0755u, 0666u}) {
    ASSERT_EQ(::chmod((folder / "fresh").c_str(), mode), 0);
    write_output(folder / "fresh", "y");
    EXPECT_EQ(permissions(folder / "fresh"), mode);
  }
}

TEST(OutputFile, SymbolicLinksStayLinks) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "sub");
  write_bytes(folder / "sub/target", "old");
  std::filesystem::create_symlink("sub/target", folder / "link");
  std::filesystem::create_symlink("link", folder / "link_to_link");
  write_output(folder / "link_to_link", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link_to_link"));
  EXPECT_EQ(read_bytes(folder / "sub/target"), "new");

  std::filesystem::create_symlink("sub/not_yet", folder / "dangling");
  write_output(folder / "dangling", "made");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "dangling"));
  EXPECT_EQ(read_bytes(folder / "sub/not_yet"), "made");

  std::filesystem::create_symlink("loop", folder / "loop");
  EXPECT_EQ(error_of([&] { OutputFile file(folder / "loop"); }).code(), ErrorCode::cannot_create);
}

TEST(OutputFile, WhatCannotBeCreatedSaysWhy) {
  const TemporaryFolder folder;
  const Error no_folder = error_of([&] { OutputFile file(folder / "absent/out"); });
  EXPECT_EQ(no_folder.code(), ErrorCode::cannot_create);
  EXPECT_NE(no_folder.message().find("there is no folder"), std::string::npos) << no_folder.what();
  const Error is_folder = error_of([&] { OutputFile file(folder.path()); });
  EXPECT_EQ(is_folder.code(), ErrorCode::cannot_create);
  EXPECT_NE(is_folder.message().find("found a folder"), std::string::npos) << is_folder.what();
  for (const std::string& name : {std::string("new/"), std::string(300, 'n'), std::string("")}) {
    const std::string path = name.empty() ? name : folder / name;
    EXPECT_EQ(error_of([&] { OutputFile file(path); }).code(), ErrorCode::cannot_create) << name;
  }
  EXPECT_EQ(folder.entries(), 0u);
  if (::geteuid() != 0) {
    write_bytes(folder / "read_only", "x");
    ASSERT_EQ(::chmod((folder / "read_only").c_str(), 0444), 0);
    EXPECT_EQ(error_of([&] { OutputFile file(folder / "read_only"); }).code(), ErrorCode::cannot_create);
    ASSERT_EQ(::chmod(folder.path().c_str(), 0500), 0);
    EXPECT_EQ(error_of([&] { OutputFile file(folder / "new"); }).code(), ErrorCode::cannot_create);
    ASSERT_EQ(::chmod(folder.path().c_str(), 0700), 0);
  }
}

TEST(OutputFile, AFullDeviceIsAWriteError) {
  OutputFile file("/dev/full");
  file.write("x");
  const Error error = error_of([&] { file.commit(); });
  EXPECT_EQ(error.code(), ErrorCode::write_failed);
  EXPECT_NE(error.message().find("No space left"), std::string::npos) << error.what();
}

TEST(OutputFile, AFileSizeLimitIsAWriteErrorAndLeavesNothing) {
  const TemporaryFolder folder;
  write_bytes(folder / "out", "old");
  const auto handler_before = ::signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit limit = before;
  limit.rlim_cur = 100000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::optional<Error> error;
  {
    OutputFile file(folder / "out");
    try {
      for (int i = 0; i < 10; ++i) file.write(std::string(30000, 'x'));
      file.commit();
    } catch (const Error& caught) {
      error = caught;
      EXPECT_EQ(folder.entries(), 1u) << "the temporary is gone at once";
    }
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler_before);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code(), ErrorCode::write_failed);
  EXPECT_EQ(read_bytes(folder / "out"), "old");
}

TEST(OutputFile, PipesAreWrittenDirectly) {
  const TemporaryFolder folder;
  const std::string pipe = folder / "fifo";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string received;
  std::thread reader([&] { received = read_bytes(pipe); });
  const std::string bytes(200000, 'p');
  write_output(pipe, bytes);
  reader.join();
  EXPECT_EQ(received, bytes);
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(OutputFile, AClosedPipeIsAWriteError) {
  const auto handler_before = ::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  OutputFile file("/dev/fd/" + std::to_string(ends[1]));
  ::close(ends[0]);
  file.write("x");
  EXPECT_EQ(error_of([&] { file.flush(); }).code(), ErrorCode::write_failed);
  ::close(ends[1]);
  ::signal(SIGPIPE, handler_before);
}

// The shell's `>>`: the descriptor's own place in the file counts, and the file is not replaced.
TEST(OutputFile, ADescriptorByPathContinuesWhereItStands) {
  const TemporaryFolder folder;
  write_bytes(folder / "log", "before\n");
  const int number = ::open((folder / "log").c_str(), O_WRONLY | O_APPEND);
  ASSERT_GE(number, 0);
  write_output("/dev/fd/" + std::to_string(number), "after\n");
  EXPECT_EQ(::write(number, "more\n", 5), 5) << "the caller's descriptor stays open";
  ::close(number);
  EXPECT_EQ(read_bytes(folder / "log"), "before\nafter\nmore\n");
}

TEST(OutputFile, AClosedStandardOutputIsAWriteErrorAndNoFileGetsItsBytes) {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(STDOUT_FILENO);
    OutputFile data(folder / "data");
    data.write("data");
    bool refused = false;
    try {
      OutputFile stream("-");
    } catch (const Error& error) {
      refused = error.code() == ErrorCode::write_failed;
    }
    data.commit();
    ::_exit(refused ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read_bytes(folder / "data"), "data");
}

TEST(SameFile, ByContentOfTheFolderNotByName) {
  const TemporaryFolder folder;
  write_bytes(folder / "a", "x");
  write_bytes(folder / "b", "x");
  std::filesystem::create_symlink("a", folder / "soft");
  std::filesystem::create_hard_link(folder / "a", folder / "hard");
  EXPECT_TRUE(same_file(folder / "a", folder.path() + "/./a"));
  EXPECT_TRUE(same_file(folder / "a", folder / "soft"));
  EXPECT_TRUE(same_file(folder / "a", folder / "hard"));
  EXPECT_FALSE(same_file(folder / "a", folder / "b"));
  EXPECT_FALSE(same_file(folder / "absent", folder / "absent"));
}

}  // namespace
}  // namespace gradus
