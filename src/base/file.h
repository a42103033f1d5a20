// Reading files with read(2): nothing is mapped, so a file that shrinks meanwhile can't crash the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

namespace gradus {

/// An open file descriptor, closed at the end; -1 for none.
class Descriptor {
 public:
  Descriptor() noexcept = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;

  int number() const noexcept { return number_; }
  bool valid() const noexcept { return number_ >= 0; }
  int release() noexcept;
  /// Returns 0, or the errno of close(2): some file systems report a failed write only here.
  int close() noexcept;

 private:
  int number_ = -1;
};

/// open(2) with O_CLOEXEC and O_NOCTTY, repeated when interrupted. The descriptor is never 0, 1 or 2: were a standard
/// stream closed, a file could take its number and receive what is meant for the stream. Invalid with errno set on
/// failure.
Descriptor open_file(const std::string& path, int flags, unsigned mode = 0) noexcept;
/// A duplicate of `number` above 2. Invalid with errno set on failure.
Descriptor duplicate(int number) noexcept;

/// The system's words for an errno.
std::string system_message(int error);

/// A file being read from start to end: a regular file, a pipe, or "-" for standard input.
/// Throws Error(cannot_read) for a path that is absent, not permitted or a folder.
class InputFile {
 public:
  explicit InputFile(const std::string& path);

  /// The name for messages: the path, or "standard input".
  const std::string& name() const noexcept { return name_; }
  /// Bytes to come from a regular file, as it was when opened; -1 for a pipe or a device.
  int64_t size() const noexcept { return size_; }
  bool regular() const noexcept { return size_ >= 0; }
  int descriptor() const noexcept { return descriptor_.number(); }

  /// Called when a signal interrupts a wait for bytes, before the wait goes on. What it throws ends the wait.
  void set_on_signal(std::function<void()> on_signal) { on_signal_ = std::move(on_signal); }

  /// Reads some bytes, at least one; 0 at the end. Throws Error(cannot_read).
  std::size_t read(std::span<char> buffer);
  /// Reads until the buffer is full or the file ends.
  std::size_t read_fully(std::span<char> buffer);

 private:
  std::string name_;
  Descriptor descriptor_;
  int64_t size_ = -1;
  std::function<void()> on_signal_;
};

/// `bytes`, which are what was read of `file` before, and everything from where it stands to its end. Throws
/// Error(cannot_read) when a regular file turns out shorter or longer than it was when opened.
std::string read_rest(InputFile& file, std::string bytes = {});

}  // namespace gradus
