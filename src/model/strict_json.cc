#include "model/strict_json.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "base/quote.h"

namespace gradus {
namespace {

[[noreturn]] void fail_at(const Place& place, const std::string& message) {
  throw Error(ErrorCode::bad_data, place, message);
}

/// Refuses what the parser itself would take.
class StructureCheck {
 public:
  StructureCheck(const Place& place, const JsonLimits& limits) : place_(place), limits_(limits) {}

  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= limits_.depth)
        fail_at(place_, fmt::format("found JSON nested deeper than {} levels, expected a model's", limits_.depth));
    }
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end) keys_.pop_back();
    if (event == Event::key) add_key(parsed.get_ref<const std::string&>());
    return true;
  }

 private:
  void add_key(const std::string& key) {
    if (!keys_.back().insert(key).second)
      fail_at(place_, fmt::format("found the JSON key {} twice, expected it once", in_quotes(key)));
    if (keys_.back().size() > limits_.keys)
      fail_at(place_, fmt::format("found more than {} keys in one JSON object, expected fewer", limits_.keys));
  }

  const Place& place_;
  const JsonLimits& limits_;
  std::vector<std::set<std::string>> keys_;  // of the objects that are open
};

std::string brief(const Json& value) {
  if (value.is_string()) return in_quotes(value.get_ref<const std::string&>());
  if (value.is_object()) return "an object";
  if (value.is_array()) return fmt::format("an array of {}", value.size());
  return value.dump();
}

}  // namespace

Json parse_strict_json(std::string_view text, const Place& place, const JsonLimits& limits) {
  StructureCheck check(place, limits);
  try {
    return Json::parse(text.begin(), text.end(),
                       [&](int depth, Json::parse_event_t event, Json& parsed) { return check(depth, event, parsed); });
  } catch (const Json::parse_error& error) {
    Place at = place;
    if (at.offset >= 0 && error.byte > 0) at.offset += static_cast<int64_t>(error.byte) - 1;
    fail_at(at, "found text that is not JSON, expected a JSON value here");
  } catch (const Json::exception&) {
    fail_at(place, "found a JSON number beyond what a double holds, expected a smaller one");
  }
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

std::vector<JsonField> JsonField::items() const {
  if (!value_->is_array()) fail("an array");
  std::vector<JsonField> items;
  items.reserve(value_->size());
  for (const Json& item : *value_) items.emplace_back(item, fmt::format("{}[{}]", path_, items.size()), *place_);
  return items;
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
