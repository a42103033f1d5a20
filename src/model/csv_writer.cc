#include "model/csv_writer.h"

namespace gradus {

void CsvWriter::separate() {
  if (!first_) row_.push_back(delimiter_);
  first_ = false;
}

void CsvWriter::field(std::string_view text) {
  separate();
  const auto special = [&](char c) { return c == delimiter_ || c == '"' || c == '\n' || c == '\r'; };
  bool plain = true;
  for (const char c : text) plain = plain && !special(c);
  if (plain) {
    row_.append(text.data(), text.data() + text.size());
    return;
  }
  row_.push_back('"');
  for (const char c : text) {
    if (c == '"') row_.push_back('"');
    row_.push_back(c);
  }
  row_.push_back('"');
}

void CsvWriter::end_row() {
  row_.push_back('\n');
  file_.write({row_.data(), row_.size()});
  row_.clear();
  first_ = true;
}

}  // namespace gradus
