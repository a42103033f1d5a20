// Where the bytes of a CSV come from: a file, a pipe or memory, plain, gzip or zstd, readable a second time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace gradus {

/// A stream of expanded bytes.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Reads some bytes, at least one; 0 at the end. Waits for no more than there are.
  virtual std::size_t read(std::span<char> buffer) = 0;
  /// Starts again from the first byte.
  virtual void rewind() = 0;
  /// The name for messages.
  virtual const std::string& name() const noexcept = 0;
  /// Bytes of input (compressed ones, where it is) used so far since the start.
  virtual int64_t consumed() const noexcept = 0;
  /// Bytes of input in all; 0 when unknown.
  virtual int64_t total() const noexcept = 0;
};

struct SourceOptions {
  double max_expansion = 1000.0;  ///< see CsvOptions
  /// Pipes are copied to an unlinked temporary file as they are read, so that `rewind` works. Without it a pipe can't
  /// be rewound, and nothing is copied.
  bool rewindable = true;
  std::string temporary_folder = {};  ///< where those copies go: see temporary_file.h
  /// Called when a signal interrupts a wait for bytes, as a pipe's may be long. What it throws ends the reading.
  std::function<void()> on_signal = {};
};

/// Opens a path, or "-" for standard input; gzip and zstd are told by their first bytes. A truncated or damaged
/// compressed file, one that expands beyond max_expansion times its size, and a file that shrinks meanwhile are errors.
/// Throws Error(cannot_read) for what can't be opened.
std::unique_ptr<ByteSource> open_source(const std::string& path, const SourceOptions& options = {});

/// Bytes in memory, handed out at most `step` at a time. `bytes` must outlive it.
std::unique_ptr<ByteSource> memory_source(std::string_view bytes, std::size_t step, std::string name = "memory");

}  // namespace gradus
