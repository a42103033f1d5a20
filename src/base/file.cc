#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "gradus/error.h"

namespace gradus {
namespace {

// One read(2) takes at most this; Linux itself stops just below 2 GiB.
constexpr std::size_t kMaxRead = std::size_t{1} << 30;
constexpr std::size_t kPipeStep = std::size_t{1} << 16;

[[noreturn]] void throw_cannot_read(const std::string& name, const std::string& why) {
  throw Error(ErrorCode::cannot_read, Place{.file = name}, "cannot read: " + why);
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    number_ = other.release();
  }
  return *this;
}

int Descriptor::release() noexcept {
  return std::exchange(number_, -1);
}

int Descriptor::close() noexcept {
  if (!valid()) return 0;
  // Never repeated after EINTR: Linux has freed the number by then, and another thread may own it.
  const int result = ::close(release());
  return result == 0 || errno == EINTR ? 0 : errno;
}

Descriptor duplicate(int number) noexcept {
  return Descriptor(::fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

Descriptor open_file(const std::string& path, int flags, unsigned mode) noexcept {
  int number = -1;
  do {
    number = ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, mode);
  } while (number < 0 && errno == EINTR);
  if (number < 0 || number > STDERR_FILENO) return Descriptor(number);
  Descriptor above = duplicate(number);
  const int error = errno;
  ::close(number);
  errno = error;
  return above;
}

std::string system_message(int error) {
  return std::generic_category().message(error);
}

InputFile::InputFile(const std::string& path) : name_(path == "-" ? "standard input" : path) {
  const bool standard_input = path == "-";
  descriptor_ = standard_input ? duplicate(STDIN_FILENO) : open_file(path, O_RDONLY);
  if (!descriptor_.valid()) {
    throw_cannot_read(name_, standard_input ? "found it closed, expected data" : system_message(errno));
  }
  struct stat status = {};
  if (::fstat(descriptor_.number(), &status) != 0) throw_cannot_read(name_, system_message(errno));
  if (S_ISDIR(status.st_mode)) throw_cannot_read(name_, "found a folder, expected a file");
  if (!S_ISREG(status.st_mode)) return;
  // Standard input may stand in the middle of a file, when a command before this one has read from it.
  const off_t position = ::lseek(descriptor_.number(), 0, SEEK_CUR);
  size_ = static_cast<int64_t>(std::max<off_t>(status.st_size - std::max<off_t>(position, 0), 0));
}

std::size_t InputFile::read(std::span<char> buffer) {
  for (;;) {
    const ssize_t count = ::read(descriptor_.number(), buffer.data(), std::min(buffer.size(), kMaxRead));
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw_cannot_read(name_, system_message(errno));
    if (on_signal_) on_signal_();
  }
}

std::size_t InputFile::read_fully(std::span<char> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const std::size_t count = read(buffer.subspan(filled));
    if (count == 0) break;
    filled += count;
  }
  return filled;
}

std::string read_rest(InputFile& file, std::string bytes) {
  std::size_t filled = bytes.size();
  const bool known = file.regular() && file.size() >= std::ssize(bytes);
  // One byte more than expected, so that the read which finds the end needs no second buffer.
  bytes.resize(known ? static_cast<std::size_t>(file.size()) + 1 : filled + kPipeStep);
  for (;;) {
    filled += file.read_fully(std::span(bytes).subspan(filled));
    if (filled < bytes.size()) break;
    bytes.resize(2 * bytes.size());
  }
  bytes.resize(filled);
  const auto total = static_cast<int64_t>(filled);
  // The files of /proc say 0 whatever they hold.
  if (file.size() > 0 && total != file.size()) {
    throw_cannot_read(file.name(),
                      fmt::format("it changed meanwhile: found {} bytes, expected {}", total, file.size()));
  }
  return bytes;
}

}  // namespace gradus
