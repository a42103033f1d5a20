#include "base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "gradus/error.h"

namespace gradus {
namespace {

[[noreturn]] void refuse(const std::string& owner, const std::string& why) {
  throw Error(ErrorCode::cannot_create, Place{.file = owner}, why);
}

/// False when the locked file has lost its name to the holder before, so that the next to come would lock another.
bool still_named(int descriptor, const std::string& path) noexcept {
  struct stat locked = {};
  struct stat named = {};
  return ::fstat(descriptor, &locked) == 0 && ::stat(path.c_str(), &named) == 0 && locked.st_dev == named.st_dev &&
         locked.st_ino == named.st_ino;
}

}  // namespace

FileLock::FileLock(const std::string& path, const std::string& owner) : path_(path) {
  do {
    file_ = open_file(path, O_RDWR | O_CREAT, 0666);
    if (!file_.valid()) refuse(owner, "cannot create: " + path + ": " + system_message(errno));
    while (::flock(file_.number(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR) continue;
      if (errno == EWOULDBLOCK) refuse(owner, "found another process that writes it, expected none");
      refuse(owner, "cannot lock " + path + ": " + system_message(errno));
    }
  } while (!still_named(file_.number(), path));
}

FileLock::~FileLock() {
  ::unlink(path_.c_str());  // while it is locked
}

}  // namespace gradus
