// A lock that one process at a time holds, whatever becomes of it.
#pragma once

#include <string>

#include "base/file.h"

namespace gradus {

/// Holds `path`, a file made for the purpose, locked by flock(2) from construction to destruction: the system lets go
/// of it when the process dies. The file is removed at the end; one left by a crash is no hindrance.
class FileLock {
 public:
  /// Throws Error(cannot_create), in the name of `owner`, while someone else holds it or where it can't be made.
  FileLock(const std::string& path, const std::string& owner);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  std::string path_;
  Descriptor file_;
};

}  // namespace gradus
