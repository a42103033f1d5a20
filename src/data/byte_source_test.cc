#include "data/byte_source.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <thread>
#include <vector>

#include "base/test_files.h"
#include "data/test_csv.h"

namespace gradus {
namespace {

using ::testing::HasSubstr;

std::string gzipped(const std::string& text) {
  z_stream stream = {};
  EXPECT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string bytes(::deflateBound(&stream, text.size()), '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  bytes.resize(stream.total_out);
  ::deflateEnd(&stream);
  return bytes;
}

std::string zstandard(const std::string& text) {
  std::string bytes(::ZSTD_compressBound(text.size()), '\0');
  bytes.resize(::ZSTD_compress(bytes.data(), bytes.size(), text.data(), text.size(), 3));
  return bytes;
}

std::string read_all(ByteSource& source, std::size_t step = 1000) {
  std::string text;
  std::vector<char> buffer(step);
  while (const std::size_t count = source.read(buffer)) text.append(buffer.data(), count);
  return text;
}

std::string some_text(std::size_t rows) {
  std::string text;
  for (std::size_t i = 0; i < rows; ++i) text += std::to_string(i * i) + "," + std::to_string(i) + "\n";
  return text;
}

std::string source_error(const std::string& path, SourceOptions options = {}) {
  return error_of([&] { read_all(*open_source(path, options)); }).what();
}

TEST(ByteSource, ReadsPlainGzipAndZstdTwice) {
  const TemporaryFolder folder;
  const std::string text = some_text(50000);
  write_bytes(folder / "a.csv", text);
  write_bytes(folder / "a.csv.gz", gzipped(text));
  write_bytes(folder / "a.csv.zst", zstandard(text));
  for (const char* name : {"a.csv", "a.csv.gz", "a.csv.zst"}) {
    const auto source = open_source(folder / name);
    EXPECT_EQ(source->total(), static_cast<int64_t>(std::filesystem::file_size(folder / name)));
    EXPECT_EQ(read_all(*source, 777), text) << name;
    EXPECT_EQ(source->consumed(), source->total()) << name;
    source->rewind();
    EXPECT_EQ(read_all(*source, 100000), text) << name;
  }
}

TEST(ByteSource, ReadsTinyFilesWhole) {
  const TemporaryFolder folder;
  for (const std::string text : {"", "a", "ab\n", "abcd", "abcde"}) {
    write_bytes(folder / "tiny", text);
    const auto source = open_source(folder / "tiny");
    EXPECT_EQ(read_all(*source, 1), text);
    write_bytes(folder / "tiny.gz", gzipped(text));
    EXPECT_EQ(read_all(*open_source(folder / "tiny.gz"), 1), text);
  }
}

TEST(ByteSource, JoinsConcatenatedMembersAndFrames) {
  const TemporaryFolder folder;
  write_bytes(folder / "a.gz", gzipped("one,") + gzipped("") + gzipped("two"));
  EXPECT_EQ(read_all(*open_source(folder / "a.gz")), "one,two");
  write_bytes(folder / "a.zst", zstandard("one,") + zstandard("two"));
  EXPECT_EQ(read_all(*open_source(folder / "a.zst"), 3), "one,two");
}

TEST(ByteSource, RefusesEveryTruncation) {
  const TemporaryFolder folder;
  for (const std::string& whole : {gzipped(some_text(20)), zstandard(some_text(20))}) {
    for (std::size_t size = 4; size < whole.size(); ++size) {
      write_bytes(folder / "cut", whole.substr(0, size));
      EXPECT_THAT(source_error(folder / "cut"), HasSubstr("truncated compressed file")) << size;
    }
  }
}

TEST(ByteSource, RefusesDamageAndTrailingBytes) {
  const TemporaryFolder folder;
  std::string damaged = gzipped(some_text(1000));
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
  write_bytes(folder / "damaged.gz", damaged);
  EXPECT_THAT(source_error(folder / "damaged.gz"), HasSubstr("found damaged gzip"));
  write_bytes(folder / "trailing.gz", gzipped("a,b\n") + "garbage");
  EXPECT_THAT(source_error(folder / "trailing.gz"), HasSubstr("found damaged gzip"));
  write_bytes(folder / "trailing.zst", zstandard("a,b\n") + "garbage");
  EXPECT_THAT(source_error(folder / "trailing.zst"), HasSubstr("found damaged zstd"));
}

TEST(ByteSource, CapsExpansion) {
  const TemporaryFolder folder;
  write_bytes(folder / "bomb.zst", zstandard(std::string(20 << 20, '0')));
  EXPECT_THAT(source_error(folder / "bomb.zst"), HasSubstr("--max-expansion"));
  EXPECT_EQ(read_all(*open_source(folder / "bomb.zst", {1e6, true}), 1 << 16).size(), std::size_t{20} << 20);
  write_bytes(folder / "zeros.gz", gzipped(std::string(8 << 20, '0')));
  EXPECT_THAT(source_error(folder / "zeros.gz", {100.0, true}), HasSubstr("expected at most 100 times as many"));
}

TEST(ByteSource, NamesWhatCannotBeRead) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { open_source(folder.path()); }).code(), ErrorCode::cannot_read);
  EXPECT_EQ(error_of([&] { open_source(folder / "absent.csv"); }).code(), ErrorCode::cannot_read);
}

TEST(ByteSource, SaysThatAFileShrank) {
  const TemporaryFolder folder;
  write_bytes(folder / "a.csv", some_text(10000));
  const auto source = open_source(folder / "a.csv");
  std::vector<char> buffer(100);
  source->read(buffer);
  std::filesystem::resize_file(folder / "a.csv", 50);
  const Error error = error_of([&] { read_all(*source); });
  EXPECT_EQ(error.code(), ErrorCode::cannot_read);
  EXPECT_THAT(error.what(), HasSubstr("shrank"));
}

TEST(ByteSource, EndsWhereAGrowingFileEndedAtFirst) {
  const TemporaryFolder folder;
  const std::string text = some_text(1000);
  write_bytes(folder / "a.csv", text);
  const auto source = open_source(folder / "a.csv");
  write_bytes(folder / "a.csv", text + "more");
  EXPECT_EQ(read_all(*source), text);
}

// Writes `bytes` into a FIFO from another thread while `reading` reads it.
template <typename Reading>
void through_fifo(const std::string& bytes, const Reading& reading) {
  const TemporaryFolder folder;
  const std::string path = folder / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::thread writer([&] {
    const int descriptor = ::open(path.c_str(), O_WRONLY);
    std::size_t written = 0;
    while (written < bytes.size()) {
      const ssize_t count =
          ::write(descriptor, bytes.data() + written, std::min<std::size_t>(bytes.size() - written, 9999));
      if (count <= 0) break;
      written += static_cast<std::size_t>(count);
    }
    ::close(descriptor);
  });
  reading(path);
  writer.join();
}

TEST(ByteSource, RewindsAPipeFromItsCopy) {
  const std::string text = some_text(30000);
  for (const std::string& bytes : {text, gzipped(text), zstandard(text)}) {
    through_fifo(bytes, [&](const std::string& path) {
      const auto source = open_source(path);
      EXPECT_EQ(source->total(), 0);
      std::vector<char> buffer(5000);
      for (int i = 0; i < 7; ++i) source->read(buffer);
      // Back from the middle: the copy first, then the pipe again.
      source->rewind();
      EXPECT_EQ(read_all(*source), text);
      source->rewind();
      EXPECT_EQ(read_all(*source), text);
    });
  }
}

TEST(ByteSource, CopiesNothingWhenAskedNotTo) {
  const std::string text = some_text(30000);
  through_fifo(text, [&](const std::string& path) {
    const auto source = open_source(path, {1000.0, false});
    EXPECT_EQ(read_all(*source), text);
    EXPECT_THAT(error_of([&] { source->rewind(); }).what(), HasSubstr("cannot read a pipe twice"));
  });
}

TEST(ReadCsv, ReadsAPipeWhoseKindsTakeTwoPasses) {
  std::string text = "a,b\n";
  for (int i = 0; i < 5000; ++i) text += std::to_string(i) + "," + (i < 3000 ? "1" : "x") + "\n";
  through_fifo(text, [&](const std::string& path) {
    const Table table = read_csv(path);
    EXPECT_EQ(table.rows(), 5000);
    EXPECT_EQ(table.kind(1), ColumnKind::text);
    EXPECT_EQ(table.text(0, 1), "1");
    EXPECT_EQ(table.text(4999, 1), "x");
  });
}

}  // namespace
}  // namespace gradus
