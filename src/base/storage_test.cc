#include "base/storage.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "gradus/error.h"

#include "base/temporary_file.h"
#include "base/test_files.h"

namespace gradus {
namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

/// Resident bytes of this process that a file stands behind.
std::size_t resident_file_bytes() {
  std::ifstream status("/proc/self/status");
  std::size_t total = 0;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssFile:") || line.starts_with("RssShmem:"))
      total += std::stoul(line.substr(line.find(':') + 1)) * 1024;
  }
  return total;
}

unsigned char at(const Pages& pages, std::size_t i) {
  return static_cast<unsigned char>(pages.data()[i]);
}

TEST(Storage, PagesAreZeroedInMemoryAndInAFile) {
  for (const Storage& storage : {Storage(), Storage::in_file("")}) {
    const Pages pages = storage.pages(3 * 4096 + 5);
    ASSERT_EQ(pages.size(), 3 * 4096u + 5);
    for (std::size_t i = 0; i < pages.size(); ++i) ASSERT_EQ(at(pages, i), 0u);
    EXPECT_EQ(storage.pages(0).size(), 0u);
  }
}

TEST(Storage, PagesDoNotOverlapAndKeepWhatIsWritten) {
  const Storage storage = Storage::in_file("");
  std::vector<Pages> all;
  for (const std::size_t size : {5u, 4096u, 4097u, 3u << 20, 100u, 9u << 20, 1u}) {
    all.push_back(storage.pages(size));
    std::memset(all.back().data(), static_cast<int>(all.size()), size);
  }
  storage.used(Storage::kResidentBytes);  // everything is let go of
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t k = 0; k < all[i].size(); ++k) ASSERT_EQ(at(all[i], k), i + 1);
}

TEST(Storage, PagesOutliveTheStorageAndEachOther) {
  Pages kept;
  {
    const Storage storage = Storage::in_file("");
    std::vector<Pages> gone;
    for (int i = 0; i < 40; ++i) gone.push_back(storage.pages(kMegabyte));
    kept = storage.pages(kMegabyte);
    std::memset(kept.data(), 7, kept.size());
  }
  EXPECT_EQ(at(kept, 0), 7u);
  EXPECT_EQ(at(kept, kMegabyte - 1), 7u);
}

TEST(Storage, WhatWasUsedIsLetGoOf) {
  const Storage storage = Storage::in_file("");
  const std::size_t before = resident_file_bytes();
  Pages pages = storage.pages(8 * Storage::kResidentBytes);
  std::size_t most = 0;
  for (std::size_t first = 0; first < pages.size(); first += kMegabyte) {
    std::memset(pages.data() + first, 1, kMegabyte);
    storage.used(kMegabyte);
    most = std::max(most, resident_file_bytes() - std::min(before, resident_file_bytes()));
  }
  EXPECT_LE(most, Storage::kResidentBytes + 4 * kMegabyte);
  EXPECT_GE(most, Storage::kResidentBytes / 2);  // the measure works
  EXPECT_EQ(at(pages, 0), 1u);
  EXPECT_EQ(at(pages, pages.size() - 1), 1u);
}

TEST(Storage, LeavesNoFile) {
  const TemporaryFolder folder;
  const Storage storage = Storage::in_file(folder.path());
  const Pages pages = storage.pages(kMegabyte);
  EXPECT_EQ(folder.entries(), 0u);
}

TEST(Storage, AFullDiskIsAnError) {
  // A limit on the size of files stands for the disk; its signal would end the program first.
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old = {};
  getrlimit(RLIMIT_FSIZE, &old);
  const rlimit low = {4 * kMegabyte, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &low);
  const Storage storage = Storage::in_file("");
  const Pages fits = storage.pages(kMegabyte);
  const Error error = error_of([&] { storage.pages(16 * kMegabyte); });
  EXPECT_EQ(error.code(), ErrorCode::write_failed);
  EXPECT_NE(error.message().find("File too large"), std::string::npos) << error.message();
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
}

TEST(TemporaryFile, WantsAFolderThatCanBeWritten) {
  const Error error = error_of([] { temporary_file("/nonexistent", "a test"); });
  EXPECT_EQ(error.code(), ErrorCode::cannot_create);
  EXPECT_EQ(error.message(), "found no place for a test, expected to write to /nonexistent: No such file or directory");
}

}  // namespace
}  // namespace gradus
