#include "gradus/error.h"

#include <fmt/format.h>

#include <utility>

namespace gradus {
namespace {

std::string one_line(const Place& place, const std::string& message) {
  std::string text;
  if (!place.file.empty()) text += place.file + ":";
  if (place.line > 0) text += fmt::format("{}:", place.line);
  if (place.line > 0 && place.column > 0) text += fmt::format("{}:", place.column);
  if (place.offset >= 0) text += fmt::format("byte {}:", place.offset);
  if (!text.empty()) text += ' ';
  return text + message;
}

}  // namespace

Error::Error(ErrorCode code, Place place, const std::string& message)
    : std::runtime_error(one_line(place, message)), code_(code), place_(std::move(place)), message_(message) {}

}  // namespace gradus
