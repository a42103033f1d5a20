// Where arrays as large as a data set live: in memory, or in a temporary file that stands behind it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/pages.h"

namespace gradus {

class BackingFile;

/// Copies share the file. Everything may be called from several threads.
class Storage {
 public:
  /// Bytes said to be used after which a file's pages are let go of.
  static constexpr std::size_t kResidentBytes = std::size_t{32} << 20;

  /// In memory.
  Storage() noexcept = default;
  /// In a file without a name in `folder` (see temporary_file.h), mapped: the system may take the memory back at any
  /// time. Throws Error(cannot_create).
  static Storage in_file(const std::string& folder);

  bool is_file() const noexcept { return file_ != nullptr; }
  /// Zeroed pages. Room on the disk is taken at once, so that writing to them can't fail later, and given back with
  /// them. Throws std::bad_alloc, or Error(write_failed) when the disk is full.
  Pages pages(std::size_t bytes) const;
  /// Says that `bytes` were read or written since the last call. In a file: after kResidentBytes of them all pages are
  /// let go of. What they hold stays, in the system's cache while it has the memory and else on the disk.
  void used(std::size_t bytes) const noexcept {
    if (file_ != nullptr) let_go(bytes);
  }
  /// Says that these bytes of pages from here will be read soon: in a file, the system starts to fetch them.
  void will_need(const void* data, std::size_t bytes) const noexcept;

 private:
  void let_go(std::size_t bytes) const noexcept;

  std::shared_ptr<BackingFile> file_;
};

}  // namespace gradus
