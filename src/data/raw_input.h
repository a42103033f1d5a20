// The bytes of a file or a pipe as they are, readable a second time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include "base/file.h"

namespace gradus {

class RawInput {
 public:
  /// `keep`: bytes of what is not a regular file are copied to a temporary file in `folder` (see temporary_file.h) as
  /// they are read.
  RawInput(const std::string& path, bool keep, std::string folder = {});

  /// See InputFile.
  void set_on_signal(std::function<void()> on_signal) { file_.set_on_signal(std::move(on_signal)); }

  const std::string& name() const noexcept { return file_.name(); }
  /// 0 when unknown.
  int64_t size() const noexcept { return file_.regular() ? file_.size() : 0; }
  /// Bytes read since the start or the last rewind.
  int64_t position() const noexcept { return position_; }

  /// Reads some bytes; 0 at the end. A regular file ends where it ended when it was opened; when it turns out shorter,
  /// throws Error(cannot_read).
  std::size_t read(std::span<char> buffer);
  void rewind();

 private:
  std::size_t read_regular(std::span<char> buffer);
  std::size_t read_pipe(std::span<char> buffer);
  void append_copy(std::span<const char> bytes);

  InputFile file_;
  Descriptor copy_;
  int64_t first_ = 0;  // where a regular file stood when it was opened
  int64_t copied_ = 0;
  int64_t position_ = 0;
  bool keep_;
  std::string folder_;
};

}  // namespace gradus
