#include "model/strict_json.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "base/quote.h"
#include "model/json_characters.h"

namespace gradus {
namespace {

[[noreturn]] void fail_at(const Place& place, const std::string& message) {
  throw Error(ErrorCode::bad_data, place, message);
}

/// Builds the document from what the parser reports, and refuses what the parser would take. (The library's own way,
/// a callback, looks through all elements of an array at the end of each object in it.)
class StrictBuilder {
 public:
  StrictBuilder(const Place& place, const JsonLimits& limits) : place_(place), limits_(limits) {}

  Json take() { return std::move(root_); }

  // What the parser calls; true: go on.
  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(Json::number_integer_t value) { return add(value); }
  bool number_unsigned(Json::number_unsigned_t value) { return add(value); }
  bool number_float(Json::number_float_t value, const std::string&) { return add(value); }
  bool string(std::string& value) {
    count(kText + far(value));
    return add(std::move(value));
  }
  bool binary(Json::binary_t&) { return false; }  // JSON has none
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name);
  bool parse_error(std::size_t position, const std::string&, const Json::exception& error);

 private:
  using Members = Json::object_t::Container;
  struct Open {
    Json* value;
    std::set<std::string> keys;
  };

  // Bytes from above: with what the allocator adds, an array at more than three times its size while it grows, and a
  // text twice, since what is read from it lives beside it.
  static constexpr std::size_t kContainer = 64;
  static constexpr std::size_t kElement = 56;
  static constexpr std::size_t kMember = sizeof(std::pair<const std::string, Json>);
  static constexpr std::size_t kText = 96;
  static constexpr std::size_t kShortText = 15;

  static std::size_t far(const std::string& text) { return text.size() > kShortText ? text.size() + 17 : 0; }

  void count(std::size_t bytes) {
    memory_ += bytes;
    if (memory_ > limits_.memory)
      fail_at(place_, fmt::format("found JSON that takes more than {} MiB, expected less", limits_.memory >> 20));
  }

  Json* place_value(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back().value;
    if (parent.is_object()) {
      *member_ = std::move(value);
      return member_;
    }
    count(kElement);
    return &parent.get_ref<Json::array_t&>().emplace_back(std::move(value));
  }

  static Members& members_of(Json& object) { return object.get_ref<Json::object_t&>(); }
  static void give_room(Members& members, std::size_t capacity);

  bool add(Json value) {
    place_value(std::move(value));
    return true;
  }

  bool open(Json value) {
    if (std::ssize(open_) >= limits_.depth)
      fail_at(place_, fmt::format("found JSON nested deeper than {} levels, expected a model's", limits_.depth));
    count(kContainer);
    open_.push_back({place_value(std::move(value)), {}});
    return true;
  }

  // A container's parent grows only after it is closed, so its address holds as long as it is needed.
  bool close() {
    Json& closed = *open_.back().value;
    if (closed.is_object()) {
      auto& members = members_of(closed);
      if (members.capacity() > members.size()) give_room(members, members.size());
    }
    open_.pop_back();
    return true;
  }

  const Place& place_;
  const JsonLimits& limits_;
  Json root_;
  std::vector<Open> open_;
  Json* member_ = nullptr;  // where the value after a key goes
  std::size_t memory_ = 0;
};

/// A vector of pairs whose first is const would copy the values, all that is below them with it.
void StrictBuilder::give_room(Members& members, std::size_t capacity) {
  Members moved;
  moved.reserve(capacity);
  for (auto& [name, value] : members) moved.emplace_back(name, std::move(value));
  members.swap(moved);
}

bool StrictBuilder::key(std::string& name) {
  count(kMember + far(name));
  auto& keys = open_.back().keys;
  if (!keys.insert(name).second)
    fail_at(place_, fmt::format("found the JSON key {} twice, expected it once", in_quotes(name)));
  if (keys.size() > limits_.keys)
    fail_at(place_, fmt::format("found more than {} keys in one JSON object, expected fewer", limits_.keys));
  // Known to be new: `operator[]` would look through all before it.
  auto& members = members_of(*open_.back().value);
  if (members.size() == members.capacity()) give_room(members, members.size() + members.size() / 2 + 1);
  member_ = &members.emplace_back(std::move(name), nullptr).second;
  return true;
}

bool StrictBuilder::parse_error(std::size_t position, const std::string&, const Json::exception& error) {
  constexpr int kNumberOutOfRange = 406;
  if (error.id == kNumberOutOfRange)
    fail_at(place_, "found a JSON number beyond what a double holds, expected a smaller one");
  Place at = place_;
  if (at.offset >= 0 && position > 0) at.offset += static_cast<int64_t>(position) - 1;
  fail_at(at, "found text that is not JSON, expected a JSON value here");
}

std::string brief(const Json& value) {
  if (value.is_string()) return in_quotes(value.get_ref<const std::string&>());
  if (value.is_object()) return "an object";
  if (value.is_array()) return fmt::format("an array of {}", value.size());
  return value.dump();
}

template <typename Characters>
Json parse_characters(Characters first, Characters last, const Place& place, const JsonLimits& limits) {
  StrictBuilder builder(place, limits);
  Json::sax_parse(BoundedTokens(first, limits.token, place), BoundedTokens(last, limits.token, place), &builder);
  return builder.take();
}

}  // namespace

Json parse_strict_json(std::string_view text, const Place& place, const JsonLimits& limits) {
  return parse_characters(text.begin(), text.end(), place, limits);
}

Json parse_strict_json_in_string(std::string_view inside, const Place& place, const JsonLimits& limits) {
  return parse_characters(UnescapedText(inside, place), UnescapedText(), place, limits);
}

JsonField JsonField::at(const std::string& key) const {
  if (!value_->is_object()) fail("an object");
  const auto found = value_->find(key);
  const std::string path = path_.empty() ? key : path_ + "." + key;
  if (found == value_->end()) JsonField(*value_, path, *place_).fail("nothing", "a value");
  return {*found, path, *place_};
}

std::optional<JsonField> JsonField::find(const std::string& key) const {
  if (!value_->is_object() || !value_->contains(key)) return std::nullopt;
  return at(key);
}

JsonItems JsonField::items() const {
  if (!value_->is_array()) fail("an array");
  return {*value_, path_, *place_};
}

JsonField JsonItems::operator[](std::size_t index) const {
  return {(*array_)[index], fmt::format("{}[{}]", path_, index), *place_};
}

std::vector<std::pair<std::string, JsonField>> JsonField::members() const {
  if (!value_->is_object()) fail("an object");
  std::vector<std::pair<std::string, JsonField>> members;
  for (const auto& [key, value] : value_->items()) {
    members.emplace_back(key, JsonField(value, path_ + "." + key, *place_));
  }
  return members;
}

int64_t JsonField::integer(int64_t least, int64_t most) const {
  const bool fits =
      value_->is_number_integer() && (!value_->is_number_unsigned() || value_->get<uint64_t>() <= INT64_MAX);
  if (!fits || value_->get<int64_t>() < least || value_->get<int64_t>() > most) {
    fail(fmt::format("an integer from {} to {}", least, most));
  }
  return value_->get<int64_t>();
}

uint64_t JsonField::natural() const {
  if (!value_->is_number_unsigned()) fail(fmt::format("an integer from 0 to {}", UINT64_MAX));
  return value_->get<uint64_t>();
}

double JsonField::finite() const {
  if (!value_->is_number()) fail("a finite number");
  return value_->get<double>();
}

double JsonField::number() const {
  if (value_->is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (*value_ == "inf") return std::numeric_limits<double>::infinity();
  if (*value_ == "-inf") return -std::numeric_limits<double>::infinity();
  if (!value_->is_number()) fail("a number, null, \"inf\" or \"-inf\"");
  return value_->get<double>();
}

bool JsonField::boolean() const {
  if (!value_->is_boolean()) fail("true or false");
  return value_->get<bool>();
}

const std::string& JsonField::text() const {
  if (!value_->is_string()) fail("a text");
  return value_->get_ref<const std::string&>();
}

std::vector<std::string> JsonField::texts() const {
  if (!value_->is_array()) fail("an array of texts");
  std::vector<std::string> texts;
  texts.reserve(value_->size());
  for (const Json& item : *value_) {
    if (!item.is_string()) fail("an array of texts only");
    texts.push_back(item.get_ref<const std::string&>());
  }
  return texts;
}

void JsonField::fail(const std::string& expected) const {
  fail(brief(*value_), expected);
}

void JsonField::fail(const std::string& found, const std::string& expected) const {
  fail_at(*place_, fmt::format("{}: found {}, expected {}", in_quotes(path_), found, expected));
}

Json json_number(double value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

}  // namespace gradus
