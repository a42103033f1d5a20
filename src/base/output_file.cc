#include "gradus/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <utility>

#include "gradus/error.h"

#include "base/file.h"
#include "base/named_temporary.h"

namespace gradus {
namespace {

constexpr std::size_t kBufferSize = std::size_t{1} << 16;
constexpr int kMaxLinks = 40;  // Linux's own limit

[[noreturn]] void throw_cannot_create(const std::string& path, const std::string& why) {
  throw Error(ErrorCode::cannot_create, Place{.file = path}, "cannot create: " + why);
}

[[noreturn]] void throw_write_failed(const std::string& path, int error) {
  throw Error(ErrorCode::write_failed, Place{.file = path}, "cannot write: " + system_message(error));
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// The descriptor that a path such as /dev/stdout or /dev/fd/5 stands for. Opening such a path again would lose the
/// place in the file that the shell opened, and fails for a socket.
std::optional<int> named_descriptor(const std::string& path) {
  if (path == "-" || path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view prefix : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(prefix)) continue;
    int number = -1;
    const char* end = path.data() + path.size();
    const auto result = std::from_chars(path.data() + prefix.size(), end, number);
    if (result.ec == std::errc() && result.ptr == end && number >= 0) return number;
  }
  return std::nullopt;
}

/// Where writing to `path` would end up: symbolic links are followed, the last one need not lead anywhere yet.
std::string follow_links(const std::string& path) {
  std::string target = path;
  for (int i = 0; i < kMaxLinks; ++i) {
    char text[PATH_MAX];
    const ssize_t length = ::readlink(target.c_str(), text, sizeof text);
    if (length < 0) return target;
    const std::string next(text, static_cast<std::size_t>(length));
    target = next.starts_with('/') ? next : folder_of(target) + "/" + next;
  }
  throw_cannot_create(path, system_message(ELOOP));
}

/// What `stat` says of `path`; nullopt when it isn't there.
std::optional<struct stat> status_of(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) == 0) return status;
  if (errno == ENOENT && !path.empty()) return std::nullopt;
  throw_cannot_create(path, system_message(errno));
}

/// The replacement gets the owner and permissions of the file that it replaces, as far as this process may give them.
void take_over_permissions(int descriptor, const struct stat& old) noexcept {
  const bool same_owner = ::fchown(descriptor, old.st_uid, old.st_gid) == 0;
  const mode_t kept = same_owner ? 07777 : 0777;
  if (::fchmod(descriptor, old.st_mode & kept) != 0) return;  // the umask's permissions stand
}

}  // namespace

struct OutputFile::Impl {
  Impl(const std::string& given, const OutputNames& beside) : path(given), target(given), names(beside) {
    buffer.reserve(kBufferSize);
    if (const auto number = named_descriptor(path)) {
      open_stream(*number);
      return;
    }
    const auto status = status_of(path);
    if (status && S_ISDIR(status->st_mode)) throw_cannot_create(path, "found a folder, expected a file");
    if (status && !S_ISREG(status->st_mode)) {
      descriptor = open_file(path, O_WRONLY);
      if (!descriptor.valid()) throw_cannot_create(path, system_message(errno));
      return;
    }
    if (path.ends_with('/')) throw_cannot_create(path, "found a folder's name, expected a file's");
    target = follow_links(path);
    open_temporary(status);
  }

  ~Impl() {
    descriptor.close();
    remove_temporary();
  }

  void open_stream(int number) {
    descriptor = duplicate(number);
    if (!descriptor.valid()) throw_write_failed(path == "-" ? "standard output" : path, errno);
  }

  void open_temporary(const std::optional<struct stat>& old) {
    if (old && ::faccessat(AT_FDCWD, target.c_str(), W_OK, AT_EACCESS) != 0) {
      throw_cannot_create(path, system_message(errno));
    }
    if (!names.temporary.empty()) return replace_temporary(old);
    NamedTemporary made = make_named_temporary(folder_of(target), old ? 0600 : 0666);
    if (!made.file.valid()) {
      if (errno == ENOENT) throw_cannot_create(path, fmt::format("there is no folder \"{}\"", folder_of(target)));
      throw_cannot_create(path, system_message(errno));
    }
    temporary = std::move(made.path);
    descriptor = std::move(made.file);
    temporary_lock = std::move(made.lock);
    if (old) take_over_permissions(descriptor.number(), *old);
  }

  void replace_temporary(const std::optional<struct stat>& old) {
    if (::unlink(names.temporary.c_str()) != 0 && errno != ENOENT) throw_cannot_create(path, system_message(errno));
    descriptor = open_file(names.temporary, O_WRONLY | O_CREAT | O_EXCL, old ? 0600 : 0666);
    if (!descriptor.valid()) throw_cannot_create(path, system_message(errno));
    temporary = names.temporary;
    if (old) take_over_permissions(descriptor.number(), *old);
  }

  /// The file about to be replaced gets a second name, so that its own is never without one. Where a file system has no
  /// hard links it is moved.
  void keep_previous() {
    if (names.previous.empty()) return;
    const std::string previous = names.previous + ".new";
    ::unlink(previous.c_str());
    if (::link(target.c_str(), previous.c_str()) == 0) {
      const int error = ::rename(previous.c_str(), names.previous.c_str()) == 0 ? 0 : errno;
      ::unlink(previous.c_str());  // still there also after a rename onto another name of the same file
      if (error != 0) fail(error);
      return;
    }
    if (errno == ENOENT) return;  // the first one
    if (::rename(target.c_str(), names.previous.c_str()) != 0) fail(errno);
  }

  void write_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor.number(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail(errno);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  void flush() {
    write_all(buffer);
    buffer.clear();
  }

  void commit() {
    flush();
    // Some file systems can't sync and say EINVAL; the rename is still all or nothing.
    if (!temporary.empty() && ::fsync(descriptor.number()) != 0 && errno != EINVAL) fail(errno);
    if (const int error = descriptor.close(); error != 0) fail(error);
    if (temporary.empty()) return;
    keep_previous();
    if (::rename(temporary.c_str(), target.c_str()) != 0) fail(errno);
    temporary.clear();
    // The new name is durable only when the folder is; by now a failure changes nothing that could be undone.
    const Descriptor folder = open_file(folder_of(target), O_RDONLY | O_DIRECTORY);
    if (folder.valid()) ::fsync(folder.number());
  }

  void remove_temporary() noexcept {
    if (!temporary.empty()) ::unlink(temporary.c_str());
    temporary.clear();
  }

  [[noreturn]] void fail(int error) {
    descriptor.close();
    remove_temporary();
    throw_write_failed(path == "-" ? "standard output" : path, error);
  }

  std::string path;
  std::string target;
  OutputNames names;
  std::string temporary;      // empty when writing directly, or when done
  Descriptor temporary_lock;  // until the rename
  Descriptor descriptor;
  std::string buffer;
};

OutputFile::OutputFile(const std::string& path, const OutputNames& names)
    : impl_(std::make_unique<Impl>(path, names)) {}
OutputFile::~OutputFile() = default;
OutputFile::OutputFile(OutputFile&&) noexcept = default;
OutputFile& OutputFile::operator=(OutputFile&&) noexcept = default;

void OutputFile::write(std::string_view bytes) {
  if (impl_->buffer.size() + bytes.size() > kBufferSize) impl_->flush();
  if (bytes.size() >= kBufferSize) {
    impl_->write_all(bytes);
  } else {
    impl_->buffer += bytes;
  }
}

void OutputFile::flush() {
  impl_->flush();
}

void OutputFile::commit() {
  impl_->commit();
}

bool same_file(const std::string& a, const std::string& b) noexcept {
  struct stat first = {};
  struct stat second = {};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

}  // namespace gradus
