// JSON that may come from anyone: no duplicate keys, bounded nesting and memory, every mistake an Error with its place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "gradus/error.h"

namespace gradus {

using Json = nlohmann::ordered_json;

struct JsonLimits {
  int depth = 8;
  std::size_t keys = 1000;                     ///< in one object
  std::size_t memory = std::size_t{56} << 20;  ///< bytes of the parsed values, by an estimate from above
  std::size_t token = std::size_t{2} << 20;    ///< bytes of one text
};

/// Throws Error(bad_data); `place.offset`, when known, is where `text` starts in the file.
Json parse_strict_json(std::string_view text, const Place& place, const JsonLimits& limits = {});
/// The same for a document that stands in a JSON string: `inside` is what is between its quotes, escapes and all.
Json parse_strict_json_in_string(std::string_view inside, const Place& place, const JsonLimits& limits = {});

class JsonItems;

/// One value inside a JSON document, with the path that leads to it for messages: `features[3].scale`. Every accessor
/// throws Error(bad_data) when the value isn't what is asked for.
class JsonField {
 public:
  JsonField(const Json& value, std::string path, const Place& place)
      : value_(&value), path_(std::move(path)), place_(&place) {}

  const std::string& path() const noexcept { return path_; }

  /// The member of an object; an absent one is an error.
  JsonField at(const std::string& key) const;
  /// The member of an object, or nothing.
  std::optional<JsonField> find(const std::string& key) const;
  /// The elements of an array.
  JsonItems items() const;
  std::vector<std::pair<std::string, JsonField>> members() const;

  int64_t integer(int64_t least, int64_t most) const;
  uint64_t natural() const;
  double finite() const;
  /// Any double: NaN is `null`, the infinities are "inf" and "-inf".
  double number() const;
  bool boolean() const;
  const std::string& text() const;
  std::vector<std::string> texts() const;

  /// Throws `"path": found ..., expected ...`. Without `found`, the value itself.
  [[noreturn]] void fail(const std::string& expected) const;
  [[noreturn]] void fail(const std::string& found, const std::string& expected) const;

 private:
  const Json* value_;
  std::string path_;
  const Place* place_;
};

/// An array's elements, each with its path; made one at a time, since an array may have a million.
class JsonItems {
 public:
  class Iterator {
   public:
    Iterator(const JsonItems* items, std::size_t index) : items_(items), index_(index) {}
    JsonField operator*() const { return (*items_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const JsonItems* items_;
    std::size_t index_;
  };

  JsonItems(const Json& array, const std::string& path, const Place& place)
      : array_(&array), path_(path), place_(&place) {}

  std::size_t size() const noexcept { return array_->size(); }
  JsonField operator[](std::size_t index) const;
  Iterator begin() const noexcept { return {this, 0}; }
  Iterator end() const noexcept { return {this, size()}; }

 private:
  const Json* array_;
  std::string path_;
  const Place* place_;
};

/// JSON for a double as `number` reads it.
Json json_number(double value);

}  // namespace gradus
