// Rows of CSV text, RFC 4180.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "gradus/output_file.h"

namespace gradus {

/// Writes to an OutputFile, which buffers. Fields are quoted where they must be.
class CsvWriter {
 public:
  CsvWriter(OutputFile& file, char delimiter) : file_(file), delimiter_(delimiter) {}

  void field(std::string_view text);
  /// The shortest text that reads back as the same T.
  template <typename T>
  void number(T value) {
    separate();
    fmt::format_to(std::back_inserter(row_), "{}", value);
  }
  void end_row();

 private:
  void separate();

  OutputFile& file_;
  char delimiter_;
  bool first_ = true;
  fmt::memory_buffer row_;
};

}  // namespace gradus
