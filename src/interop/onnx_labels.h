// Class labels that ONNX can give as whole numbers.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/encoder.h"

namespace gradus {

/// The classes as int64 where all of them are whole numbers, else nothing: they are texts then.
inline std::optional<std::vector<int64_t>> whole_labels(const TargetEncoder& targets) {
  std::vector<int64_t> numbers;
  for (const std::string& text : targets.classes) {
    int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (!targets.numeric_classes || read.ec != std::errc{} || read.ptr != text.data() + text.size())
      return std::nullopt;
    numbers.push_back(value);
  }
  return numbers;
}

}  // namespace gradus
