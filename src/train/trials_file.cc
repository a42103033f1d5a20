#include "train/trials_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "gradus/error.h"

#include "base/quote.h"

namespace gradus {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;
constexpr std::array<std::string_view, 3> kStates = {"done", "diverged", "refused"};

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json values_json(const Assignment& values) {
  Json json = Json::object();
  for (const auto& [name, value] : values) json[name] = value;
  return json;
}

Json trial_json(const Trial& trial) {
  return {{"trial", trial.number},          {"epochs", trial.epochs},  {"values", values_json(trial.values)},
          {"state", name(trial.state)},     {"score", trial.score},    {"validation_loss", trial.validation_loss},
          {"best_epoch", trial.best_epoch}, {"message", trial.message}};
}

std::optional<Assignment> values_from(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  Assignment values;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string()) return std::nullopt;
    values.emplace_back(name, value.get<std::string>());
  }
  return values;
}

double number_from(const Json& json) {
  return json.is_number() ? json.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

/// Nothing for a line that is no trial.
std::optional<Trial> trial_from(const Json& json) {
  for (const char* key : {"trial", "epochs", "best_epoch"})
    if (!json.is_object() || !json.contains(key) || !json[key].is_number_integer()) return std::nullopt;
  for (const char* key : {"values", "state", "score", "validation_loss", "message"})
    if (!json.contains(key)) return std::nullopt;
  const auto values = values_from(json["values"]);
  const auto state = json["state"].is_string()
                         ? std::find(kStates.begin(), kStates.end(), json["state"].get<std::string>())
                         : kStates.end();
  if (!values || state == kStates.end() || !json["message"].is_string()) return std::nullopt;
  return Trial{json["trial"].get<int64_t>(),      *values,
               json["epochs"].get<int64_t>(),     static_cast<TrialState>(state - kStates.begin()),
               number_from(json["score"]),        number_from(json["validation_loss"]),
               json["best_epoch"].get<int64_t>(), json["message"].get<std::string>()};
}

std::string value_of(const Assignment& list, const std::string& name) {
  for (const auto& [known, value] : list)
    if (known == name) return in_quotes(value);
  return "nothing";
}

}  // namespace

std::string_view name(TrialState state) noexcept {
  return kStates[static_cast<std::size_t>(state)];
}

TrialsFile::TrialsFile(const std::string& path, const Assignment& identity) : path_(path), identity_(identity) {
  file_ = open_file(path, O_RDWR | O_APPEND);
  if (!file_.valid() && errno == ENOENT) return;
  if (!file_.valid()) throw Error(ErrorCode::cannot_read, Place{path}, "cannot open: " + system_message(errno));
  lock();
  InputFile input(path);
  if (!input.regular())
    throw Error(ErrorCode::cannot_read, Place{path}, "found no regular file, expected one of trials");
  take(read_rest(input));
}

void TrialsFile::lock() {
  if (flock(file_.number(), LOCK_EX | LOCK_NB) != 0)
    throw Error(ErrorCode::cannot_create, Place{path_}, "found another process that writes it, expected none");
}

void TrialsFile::take(const std::string& text) {
  const std::size_t whole = text.rfind('\n') + 1;  // 0 where there is no line
  if (whole < text.size() && ftruncate(file_.number(), static_cast<off_t>(whole)) != 0)
    throw Error(ErrorCode::write_failed, Place{path_}, "cannot write: " + system_message(errno));
  int64_t line = 1;
  for (std::size_t begin = 0; begin < whole; ++line) {
    const std::size_t end = text.find('\n', begin);
    const std::string one = text.substr(begin, end - begin);
    begin = end + 1;
    if (line == 1) {
      check_identity(one);
      continue;
    }
    const auto trial = trial_from(Json::parse(one, nullptr, false));
    if (!trial)
      throw Error(ErrorCode::bad_data, Place{path_, line}, fmt::format("found {}, expected a trial", in_quotes(one)));
    trials_.push_back(*trial);
  }
  if (whole == 0) write_line(dumped({{"gradus_trials", kFormat}, {"search", values_json(identity_)}}));
}

void TrialsFile::check_identity(const std::string& line) const {
  const Json json = Json::parse(line, nullptr, false);
  const bool ours = json.is_object() && json.contains("gradus_trials") && json.contains("search");
  const auto there = ours ? values_from(json["search"]) : std::nullopt;
  if (!there || json["gradus_trials"] != kFormat)
    throw Error(ErrorCode::bad_data, Place{path_, 1},
                fmt::format("found {}, expected the trials of gradus tune", in_quotes(line)));
  std::vector<std::string> differences;
  Assignment all = *there;
  all.insert(all.end(), identity_.begin(), identity_.end());
  for (std::size_t k = 0; k < all.size(); ++k) {
    const std::string& name = all[k].first;
    const bool seen = k >= there->size() && value_of(*there, name) != "nothing";
    const std::string old_value = value_of(*there, name), new_value = value_of(identity_, name);
    if (!seen && old_value != new_value)
      differences.push_back(fmt::format("{} ({} there, {} here)", name, old_value, new_value));
  }
  if (!differences.empty())
    throw Error(
        ErrorCode::bad_data, Place{path_},
        fmt::format("found the trials of another search, expected the same {}; another --trials-file starts anew",
                    fmt::join(differences, ", ")));
}

void TrialsFile::append(const Trial& trial) {
  if (!file_.valid()) {
    file_ = open_file(path_, O_RDWR | O_APPEND | O_CREAT | O_EXCL, 0666);
    if (!file_.valid()) throw Error(ErrorCode::cannot_create, Place{path_}, "cannot create: " + system_message(errno));
    lock();
    write_line(dumped({{"gradus_trials", kFormat}, {"search", values_json(identity_)}}));
  }
  write_line(dumped(trial_json(trial)));
}

void TrialsFile::write_line(const std::string& line) {
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t written = ::write(file_.number(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw Error(ErrorCode::write_failed, Place{path_}, "cannot write: " + system_message(errno));
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (fdatasync(file_.number()) != 0)
    throw Error(ErrorCode::write_failed, Place{path_}, "cannot write: " + system_message(errno));
}

}  // namespace gradus
