// The checkpoint: a training run stopped between two steps, in the container of the model file. docs/checkpoints.md.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gradus/options.h"

#include "model/model_data.h"
#include "model/safetensors.h"
#include "model/strict_json.h"

namespace gradus {

/// The key of `__metadata__` by which a checkpoint is told from a model.
inline constexpr std::string_view kCheckpointKey = "gradus_checkpoint";

/// Views of all that a run carries from step to step, each part under its own name: what a checkpoint is written from
/// and what it is read back into. Valid as long as what they show.
class RunState {
 public:
  static constexpr double kUnbounded = std::numeric_limits<double>::infinity();

  struct Array {
    std::string name;
    std::variant<std::span<float>, std::span<double>> values;
  };
  struct Number {
    std::string name;
    std::variant<double*, int64_t*, bool*> value;
    double most;  ///< of a whole number from 0 on; kUnbounded: any double
  };

  /// An array without values is left out.
  template <typename T>
  void add(std::string name, std::span<T> values) {
    if (!values.empty()) arrays_.push_back({std::move(name), values});
  }
  void add(std::string name, double& value, double most = kUnbounded) {
    numbers_.push_back({std::move(name), &value, most});
  }
  /// From 0 to `most`.
  void add(std::string name, int64_t& value, int64_t most) {
    numbers_.push_back({std::move(name), &value, static_cast<double>(most)});
  }
  void add(std::string name, bool& value) { numbers_.push_back({std::move(name), &value, 1.0}); }

  const std::vector<Array>& arrays() const noexcept { return arrays_; }
  const std::vector<Number>& numbers() const noexcept { return numbers_; }

 private:
  std::vector<Array> arrays_;
  std::vector<Number> numbers_;
};

/// A checkpoint as it was read. Throws Error(bad_data) with a byte offset, as models do.
class Checkpoint {
 public:
  /// `file`: the name for messages.
  Checkpoint(std::string bytes, const std::string& file);
  /// Throws Error(cannot_read) as well.
  static Checkpoint read(const std::string& path);

  const std::string& file() const noexcept { return file_; }
  /// What another run must share to go on from here: names and values.
  const OptionList& run() const noexcept { return run_; }
  std::vector<EpochRecord> history() const;

  /// Fills everything that `state` shows. Throws Error(bad_data) where something is absent, of another size or out of
  /// range; then some of it may have been filled.
  void restore(const RunState& state) const;

 private:
  const Tensor& tensor(std::string_view name) const;
  EpochRecord record(const Tensor& history, int64_t i) const;
  void check_history() const;
  [[noreturn]] void fail(const std::string& message) const;

  std::string bytes_;
  std::string file_;
  Place place_;
  Container container_;
  Json json_;
  OptionList run_;
};

/// Which files hold a run's last two checkpoints and the one being written. One process at a time may write them.
struct CheckpointNames {
  explicit CheckpointNames(const std::string& file);

  std::string newest;
  std::string previous;   ///< the one before: "<file>.previous"; empty: it is not replaced
  std::string temporary;  ///< being written: "<file>.new"; whatever a crash left there is replaced
  std::string lock;       ///< "<file>.lock"
};

/// Written atomically and durably; the checkpoint that was there becomes the previous one. Throws Error(cannot_create),
/// Error(write_failed).
void write_checkpoint(const CheckpointNames& names, const OptionList& run, const std::vector<EpochRecord>& history,
                      const RunState& state);

}  // namespace gradus
