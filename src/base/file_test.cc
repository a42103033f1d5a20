#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "gradus/error.h"

#include "base/test_files.h"

namespace gradus {
namespace {

std::string read_whole_file(const std::string& path) {
  InputFile file(path);
  return read_rest(file);
}

TEST(File, ReadsWholeFiles) {
  const TemporaryFolder folder;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65536}, std::size_t{300001}}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 256);
    write_bytes(folder / "f", bytes);
    EXPECT_EQ(read_whole_file(folder / "f"), bytes) << size;
    EXPECT_EQ(InputFile(folder / "f").size(), static_cast<int64_t>(size));
  }
}

TEST(File, ReadsPipes) {
  const TemporaryFolder folder;
  const std::string pipe = folder / "fifo";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::string bytes(300000, 'x');
  std::thread writer([&] { write_bytes(pipe, bytes); });
  InputFile file(pipe);
  EXPECT_EQ(file.size(), -1);
  EXPECT_EQ(read_rest(file), bytes);
  writer.join();
}

TEST(File, FilesWithoutASizeAreReadToTheirEnd) {
  EXPECT_NE(read_whole_file("/proc/self/status").find("Pid:"), std::string::npos);
}

TEST(File, WhatCannotBeReadSaysWhy) {
  const TemporaryFolder folder;
  const Error absent = error_of([&] { read_whole_file(folder / "absent"); });
  EXPECT_EQ(absent.code(), ErrorCode::cannot_read);
  EXPECT_EQ(std::string(absent.what()), (folder / "absent") + ": cannot read: No such file or directory");
  const Error is_folder = error_of([&] { read_whole_file(folder.path()); });
  EXPECT_EQ(is_folder.code(), ErrorCode::cannot_read);
  EXPECT_NE(is_folder.message().find("found a folder"), std::string::npos);
  if (::geteuid() != 0) {
    write_bytes(folder / "secret", "x");
    ASSERT_EQ(::chmod((folder / "secret").c_str(), 0), 0);
    EXPECT_EQ(error_of([&] { read_whole_file(folder / "secret"); }).code(), ErrorCode::cannot_read);
  }
}

TEST(File, AFileThatShrinksOrGrowsIsAnError) {
  const TemporaryFolder folder;
  const std::string path = folder / "f";
  for (const off_t new_size : {off_t{10}, off_t{0}, off_t{200}}) {
    write_bytes(path, std::string(100, 'x'));
    InputFile file(path);
    ASSERT_EQ(::truncate(path.c_str(), new_size), 0);
    const Error error = error_of([&] { read_rest(file); });
    EXPECT_EQ(error.code(), ErrorCode::cannot_read);
    EXPECT_NE(error.message().find("expected 100"), std::string::npos) << error.what();
  }
}

TEST(File, TheRestIsCountedFromWhatWasRead) {
  const TemporaryFolder folder;
  write_bytes(folder / "f", "headbody");
  InputFile file(folder / "f");
  char head[4];
  EXPECT_EQ(file.read_fully(head), 4u);
  EXPECT_EQ(read_rest(file, "head"), "headbody");
}

// In a child, so that the test program's own streams stay as they are.
TEST(File, NeverTakesTheNumberOfAStandardStream) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    for (const int stream : {0, 1, 2}) ::close(stream);
    const Descriptor file = open_file("/dev/null", O_RDWR);
    const bool streams_closed = ::fcntl(0, F_GETFD) < 0 && ::fcntl(1, F_GETFD) < 0 && ::fcntl(2, F_GETFD) < 0;
    ::_exit(file.number() > 2 && streams_closed ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace gradus
