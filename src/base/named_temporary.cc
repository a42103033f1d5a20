#include "base/named_temporary.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string_view>

namespace gradus {
namespace {

constexpr int kMaxNames = 1000;
constexpr std::string_view kPrefix = ".gradus-";
constexpr std::string_view kSuffix = ".tmp";

/// Whether `name` is one of ours: `.gradus-<digits>-<digits>.tmp`.
bool is_temporary_name(std::string_view name) noexcept {
  if (name.size() <= kPrefix.size() + kSuffix.size() || !name.starts_with(kPrefix) || !name.ends_with(kSuffix)) {
    return false;
  }
  name.remove_prefix(kPrefix.size());
  name.remove_suffix(kSuffix.size());
  const std::size_t dash = name.find('-');
  const auto is_number = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return dash != std::string_view::npos && is_number(name.substr(0, dash)) && is_number(name.substr(dash + 1));
}

/// True also where the file system knows no locks: then no one removes anything.
bool lock_or_no_locks(int descriptor) noexcept {
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR) return errno != EWOULDBLOCK;
  }
  return true;
}

void remove_if_abandoned(const std::string& path) noexcept {
  const Descriptor file = open_file(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
  struct stat status = {};
  if (!file.valid() || ::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  if (::flock(file.number(), LOCK_EX | LOCK_NB) == 0) ::unlink(path.c_str());  // while it is locked
}

void remove_abandoned(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(folder.c_str()), ::closedir);
  if (!entries) return;
  while (const dirent* entry = ::readdir(entries.get())) {
    if (is_temporary_name(entry->d_name)) remove_if_abandoned(folder + "/" + entry->d_name);
  }
}

}  // namespace

NamedTemporary make_named_temporary(const std::string& folder, unsigned mode) {
  remove_abandoned(folder);
  static std::atomic<uint64_t> counter{0};
  for (int attempt = 0; attempt < kMaxNames; ++attempt) {
    NamedTemporary made;
    made.path = fmt::format("{}/{}{}-{}{}", folder, kPrefix, ::getpid(), counter.fetch_add(1), kSuffix);
    made.file = open_file(made.path, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (!made.file.valid() && errno != EEXIST) return {};
    if (!made.file.valid()) continue;
    made.lock = duplicate(made.file.number());
    // Someone who looked between the creation and the lock took it for abandoned, and has removed it or is about to.
    struct stat status = {};
    if (lock_or_no_locks(made.file.number()) && ::fstat(made.file.number(), &status) == 0 && status.st_nlink > 0) {
      return made;
    }
  }
  errno = EEXIST;
  return {};
}

}  // namespace gradus
