#include "data/raw_input.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "gradus/error.h"

#include "base/temporary_file.h"

namespace gradus {
namespace {

[[noreturn]] void throw_cannot_read(const std::string& name, const std::string& why) {
  throw Error(ErrorCode::cannot_read, Place{.file = name}, why);
}

}  // namespace

RawInput::RawInput(const std::string& path, bool keep, std::string folder)
    : file_(path), keep_(keep), folder_(std::move(folder)) {
  if (file_.regular()) first_ = std::max<off_t>(::lseek(file_.descriptor(), 0, SEEK_CUR), 0);
}

std::size_t RawInput::read(std::span<char> buffer) {
  const std::size_t count = file_.regular() ? read_regular(buffer) : read_pipe(buffer);
  position_ += static_cast<int64_t>(count);
  return count;
}

std::size_t RawInput::read_regular(std::span<char> buffer) {
  // The files of /proc say 0 whatever they hold.
  if (file_.size() == 0) return file_.read(buffer);
  const int64_t left = file_.size() - position_;
  if (left == 0) return 0;
  const std::size_t count = file_.read(buffer.first(std::min(buffer.size(), static_cast<std::size_t>(left))));
  if (count == 0) {
    throw_cannot_read(
        name(), fmt::format("found {} bytes, expected {}: the file shrank while it was read", position_, file_.size()));
  }
  return count;
}

std::size_t RawInput::read_pipe(std::span<char> buffer) {
  if (position_ < copied_) {
    const std::size_t wanted = std::min(buffer.size(), static_cast<std::size_t>(copied_ - position_));
    ssize_t count = 0;
    do {
      count = ::pread(copy_.number(), buffer.data(), wanted, position_);
    } while (count < 0 && errno == EINTR);
    if (count <= 0) throw_cannot_read(name(), "cannot read the temporary copy: " + system_message(errno));
    return static_cast<std::size_t>(count);
  }
  const std::size_t count = file_.read(buffer);
  if (keep_) append_copy(buffer.first(count));
  return count;
}

void RawInput::append_copy(std::span<const char> bytes) {
  if (!copy_.valid()) copy_ = temporary_file(folder_, "a temporary copy of the input");
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(copy_.number(), bytes.data(), bytes.size(), copied_);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      throw Error(ErrorCode::write_failed, Place{.file = name()},
                  "cannot write the temporary copy: " + system_message(errno));
    }
    copied_ += count;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void RawInput::rewind() {
  if (file_.regular() && ::lseek(file_.descriptor(), first_, SEEK_SET) < 0) {
    throw_cannot_read(name(), "cannot read it again: " + system_message(errno));
  }
  if (!file_.regular() && !keep_) throw_cannot_read(name(), "cannot read a pipe twice");
  position_ = 0;
}

}  // namespace gradus
