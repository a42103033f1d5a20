#include "outputs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "gradus/error.h"
#include "gradus/output_file.h"

#include "print.h"

namespace gradus::cli {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

[[noreturn]] void cannot_create(const std::string& path, const std::string& message) {
  throw Error(ErrorCode::cannot_create, {path, 0, 0, -1}, message);
}

}  // namespace

void check_output(const std::string& flag, const std::string& output, const std::vector<std::string>& inputs) {
  if (output.empty()) throw Error(ErrorCode::usage, flag + ": found an empty name, expected a file");
  if (output == "-") return;
  struct stat status = {};
  const bool exists = stat(output.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return;  // a device or a pipe
  for (const std::string& input : inputs) {
    if (same_file(output, input))
      throw Error(ErrorCode::usage, fmt::format("{}: found \"{}\", which is also an input, expected another file", flag,
                                                printable(output)));
  }
  if (exists && S_ISDIR(status.st_mode)) cannot_create(output, "cannot create: found a folder, expected a file");
  const std::string folder = folder_of(output);
  if (faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0 ||
      (exists && faccessat(AT_FDCWD, output.c_str(), W_OK, AT_EACCESS) != 0))
    cannot_create(output, fmt::format("cannot create: found \"{}\" for the {}, expected to write there",
                                      std::strerror(errno), exists ? "file" : "folder"));
  if (stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
    cannot_create(output, "cannot create: its folder is not a folder");
}

}  // namespace gradus::cli
