// The one exception the library throws, and only at its boundaries: files, options, shapes.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace gradus {

/// What went wrong; the values are the command's exit codes (BSD sysexits where they fit).
enum class ErrorCode : int {
  usage = 64,          ///< an option or a combination of options that can't be used
  bad_data = 65,       ///< the content of a data or model file
  cannot_read = 66,    ///< an input that can't be opened or read
  internal = 70,       ///< our bug
  cannot_create = 73,  ///< an output that can't be created
  write_failed = 74,   ///< an I/O error while writing
  diverged = 76,       ///< training met NaN or infinity; the last good model is kept
};

/// Where it went wrong. Lines and columns count from 1; 0 means unknown. A byte offset is used for binary files.
struct Place {
  std::string file;
  int64_t line = 0;
  int64_t column = 0;
  int64_t offset = -1;
};

/// `what()` is one line: `file:line:column: what was found, what was expected`.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : Error(code, Place{}, message) {}
  Error(ErrorCode code, Place place, const std::string& message);

  ErrorCode code() const noexcept { return code_; }
  const Place& place() const noexcept { return place_; }
  /// The message without its place.
  const std::string& message() const noexcept { return message_; }

 private:
  ErrorCode code_;
  Place place_;
  std::string message_;
};

}  // namespace gradus
