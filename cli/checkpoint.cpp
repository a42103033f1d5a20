#include "checkpoint.h"

#include <fmt/format.h>

#include <algorithm>

#include "outputs.h"
#include "print.h"

namespace gradus::cli {
namespace {

constexpr double kMostSeconds = 1e9;
constexpr double kMostEpochs = 1e9;

// "60s" or "5".
void parse_every(const Flags& flags, TrainOptions& options) {
  const auto text = flags.text("--checkpoint-every");
  if (!text) return;
  const bool seconds = text->ends_with('s');
  const auto numbers = parse_numbers(seconds ? text->substr(0, text->size() - 1) : *text);
  const double value = numbers && numbers->size() == 1 ? numbers->front() : -1.0;
  const bool whole = value >= 1.0 && value <= kMostEpochs && value == static_cast<double>(static_cast<int64_t>(value));
  if (seconds ? !(value > 0.0 && value <= kMostSeconds) : !whole)
    flags.fail("--checkpoint-every",
               fmt::format("found \"{}\", expected seconds as in 60s, or a number of epochs", printable(*text)));
  if (seconds) {
    options.checkpoint_seconds = value;
  } else {
    options.checkpoint_epochs = static_cast<int64_t>(value);
  }
}

}  // namespace

std::vector<FlagSpec> checkpoint_flags() {
  return {
      {"--checkpoint", FlagKind::text, "FILE",
       "keep the run in this file from time to time, when it is interrupted and at its end; the one before stays in "
       "FILE.previous"},
      {"--checkpoint-every", FlagKind::whole_or_word, "60s|N", "every so many seconds (60s), or every N epochs"},
      {"--resume", FlagKind::toggle, "",
       "go on from --checkpoint to the same bits as without the interruption; start where there is none yet"},
  };
}

void take_checkpoint_flags(const Flags& flags, TrainOptions& options) {
  options.checkpoint = flags.text("--checkpoint").value_or("");
  options.resume = flags.given("--resume");
  if (options.checkpoint.empty() && flags.given("--checkpoint-every"))
    flags.fail("--checkpoint-every", "found without --checkpoint, expected the file that it is for");
  parse_every(flags, options);
}

void check_checkpoint_file(const Flags& flags, const std::vector<std::string>& others) {
  const auto file = flags.text("--checkpoint");
  if (!file) return;
  if (file->empty()) flags.fail("--checkpoint", "found an empty name, expected a file");
  if (*file == "-") flags.fail("--checkpoint", "found \"-\", expected a file");
  for (const std::string& name : {*file, *file + ".previous", *file + ".new", *file + ".lock"}) {
    if (std::find(others.begin(), others.end(), name) != others.end())
      flags.fail("--checkpoint", fmt::format("found \"{}\", which is also another file of this command, expected one "
                                             "of its own",
                                             printable(name)));
    check_output("--checkpoint", name, others);
  }
}

std::string resumed_text(const TrainOptions& options, const TrainingStart& start) {
  if (!options.resume) return {};
  const std::string file = printable(options.checkpoint);
  if (!start.resumes) return fmt::format("resumed   nothing: there is no {} yet\n", file);
  const int64_t epochs = static_cast<int64_t>(start.resumed.size());
  return fmt::format("resumed   {} after {}\n", file, counted(epochs, "epoch", "epochs"));
}

}  // namespace gradus::cli
