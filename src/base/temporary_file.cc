#include "base/temporary_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>
#include <vector>

#include "gradus/error.h"

namespace gradus {
namespace {

Descriptor nameless_file(const std::string& folder) {
  Descriptor file = open_file(folder, O_TMPFILE | O_RDWR, 0600);
  if (file.valid()) return file;
  // Some file systems have no O_TMPFILE.
  std::string path = folder + "/gradus-XXXXXX";
  const int number = ::mkostemp(path.data(), O_CLOEXEC);
  if (number < 0) return {};
  ::unlink(path.c_str());
  if (number > STDERR_FILENO) return Descriptor(number);
  Descriptor above = duplicate(number);
  ::close(number);
  return above;
}

}  // namespace

Descriptor temporary_file(const std::string& folder, const std::string& what) {
  const std::vector<std::string> folders =
      folder.empty() ? std::vector<std::string>{"/var/tmp", "/tmp"} : std::vector<std::string>{folder};
  for (const std::string& candidate : folders) {
    Descriptor file = nameless_file(candidate);
    if (file.valid()) return file;
  }
  const int error = errno;
  throw Error(ErrorCode::cannot_create, fmt::format("found no place for {}, expected to write to {}: {}", what,
                                                    fmt::join(folders, " or "), system_message(error)));
}

}  // namespace gradus
