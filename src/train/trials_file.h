// The trials of a search, kept as they end: JSON, a line each, after a first line that says which search it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gradus/tune.h"

#include "base/file.h"

namespace gradus {

/// Created with the first trial; never rewritten, so that what is in it stays there whatever becomes of the program. A
/// line cut short by a crash is dropped when the file is taken up again.
class TrialsFile {
 public:
  /// `identity`: names and values that must be the same to go on with a file. Throws Error(cannot_read),
  /// Error(bad_data) at a line that can't be understood, or where the file is of another search, naming what differs,
  /// and Error(cannot_create) while another process has it.
  TrialsFile(const std::string& path, const Assignment& identity);

  const std::vector<Trial>& trials() const noexcept { return trials_; }
  /// Writes the line and waits until it is on the disk. Throws Error(cannot_create), Error(write_failed).
  void append(const Trial& trial);

 private:
  void lock();
  void take(const std::string& text);
  void check_identity(const std::string& line) const;
  void write_line(const std::string& line);

  std::string path_;
  Assignment identity_;
  Descriptor file_;
  std::vector<Trial> trials_;
};

}  // namespace gradus
