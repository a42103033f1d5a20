#include "train/checkpointer.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "gradus/error.h"

#include "base/bounds.h"
#include "train/run_identity.h"

namespace gradus {
namespace {

constexpr double kMostSeconds = 1e9;

bool is_there(const std::string& path) {
  std::error_code none;
  return std::filesystem::exists(path, none);
}

/// `path`, or Error(cannot_create) where it is something that can't be replaced by a checkpoint.
const std::string& regular(const std::string& path) {
  std::error_code none;
  const auto status = std::filesystem::status(path, none);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw Error(ErrorCode::cannot_create, Place{.file = path}, "found a folder or a device, expected a file");
  return path;
}

}  // namespace

void check_checkpoint_options(const TrainOptions& options) {
  if (options.resume && options.checkpoint.empty())
    throw Error(ErrorCode::usage, "--resume: found without --checkpoint, expected the file to go on from");
  check_range("--checkpoint-every", options.checkpoint_seconds, 0.0, kMostSeconds);
  check_at_least("--checkpoint-every", options.checkpoint_epochs, 0);
}

Checkpointer::Checkpointer(const TrainOptions& options, OptionList run, bool epochs_may_grow)
    : names_(regular(options.checkpoint)),
      lock_(names_.lock, options.checkpoint),
      run_(std::move(run)),
      epochs_(options.checkpoint_epochs),
      seconds_(options.checkpoint_seconds) {
  if (!options.resume) return;
  find();
  if (found_) check_same_run(*found_, run_, epochs_may_grow);
}

/// A crash may come between two renames, and a disk may damage what it holds: then the one before is gone on from.
void Checkpointer::find() {
  if (!is_there(names_.newest) && !is_there(names_.previous)) return;
  try {
    found_.emplace(Checkpoint::read(names_.newest));
  } catch (const Error& error) {
    try {
      found_.emplace(Checkpoint::read(names_.previous));
    } catch (const Error&) {
      throw error;
    }
    newest_is_bad_ = true;
    warning_ = fmt::format("{}; going on from \"{}\", the checkpoint before", error.what(), names_.previous);
  }
}

bool Checkpointer::due() const noexcept {
  return epochs_ == 0 && Clock::now() - last_ >= seconds_;
}

bool Checkpointer::due_after(int64_t epochs) const noexcept {
  return epochs_ == 0 ? due() : epochs % epochs_ == 0;
}

void Checkpointer::write(const std::vector<EpochRecord>& history, const RunState& state) {
  CheckpointNames names = names_;
  if (newest_is_bad_) names.previous.clear();  // the whole one stays
  write_checkpoint(names, run_, history, state);
  newest_is_bad_ = false;
  last_ = Clock::now();
}

}  // namespace gradus
