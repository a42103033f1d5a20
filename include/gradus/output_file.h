// An output that appears whole or not at all.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace gradus {

/// Names beside an output that only one process at a time writes.
struct OutputNames {
  std::string temporary = {};  ///< of the temporary file, replaced where a crash left one; empty: one of its own
  std::string previous = {};   ///< where the file that is replaced stays, until the next one; empty: nowhere
};

/// A temporary file beside `path` until `commit`: fsync, rename, fsync of the folder. Without a commit the temporary is
/// removed and an older file stays as it was. A path that is not a regular file (a pipe, a device), or "-", is written
/// directly. Throws Error(cannot_create) when it can't be made, Error(write_failed) when a write fails.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path, const OutputNames& names = {});
  ~OutputFile();
  OutputFile(OutputFile&&) noexcept;
  OutputFile& operator=(OutputFile&&) noexcept;

  void write(std::string_view bytes);  ///< buffered
  void flush();
  void commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// True when both paths name the same existing file.
bool same_file(const std::string& a, const std::string& b) noexcept;

}  // namespace gradus
