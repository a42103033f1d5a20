// The checkpoint's reader. The SHA-256 is put right first, or nothing behind it would ever be reached.
//
// The first byte chooses: even, the rest is a whole file; odd, the rest is the JSON of a checkpoint that has the
// tensors of the state below.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/error.h"

#include "base/quote.h"
#include "model/checkpoint_file.h"
#include "model/sealed_file.h"
#include "seal.h"

namespace {

using namespace gradus;

constexpr int64_t kMostSteps = 1000;
constexpr double kMostStarted = 8.0;

/// One part of each kind that a run carries.
struct State {
  std::vector<float> weights = std::vector<float>(3);
  std::vector<double> losses = std::vector<double>(2);
  double rate = 0.0;
  double started = 0.0;
  int64_t steps = 0;
  bool converged = false;

  RunState views() {
    RunState all;
    all.add("weights", std::span(weights));
    all.add("losses", std::span(losses));
    all.add("rate", rate);
    all.add("started", started, kMostStarted);
    all.add("steps", steps, kMostSteps);
    all.add("converged", converged);
    return all;
  }
};

std::string file_around(std::string_view json) {
  constexpr int64_t kFields = 9;
  const std::vector<Tensor> tensors = {{"history", Dtype::f64, {1, kFields}, 0, 72},
                                       {"weights", Dtype::f32, {3}, 72, 84},
                                       {"losses", Dtype::f64, {2}, 84, 100}};
  const double record[kFields] = {1.0};
  std::string data(reinterpret_cast<const char*>(record), sizeof record);
  data.append(28, '\0');
  const std::string_view pieces[] = {data};
  return sealed_header(kCheckpointKey, std::string(json), tensors, pieces) + data;
}

/// What was accepted is what it promises to be.
void check(const Checkpoint& found, const State& state) {
  int64_t epoch = 0;
  for (const EpochRecord& record : found.history())
    if (record.epoch != ++epoch || record.step < 0) std::abort();
  if (state.steps < 0 || state.steps > kMostSteps) std::abort();
  if (!(state.started >= 0.0 && state.started <= kMostStarted && state.started == std::floor(state.started)))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 != 0 && !is_utf8(rest)) return 0;  // no container can hold it
  try {
    const Checkpoint found(data[0] % 2 == 0 ? with_sum(std::string(rest)) : file_around(rest), "fuzz");
    State state;
    found.restore(state.views());
    check(found, state);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_data) std::abort();
  }
  return 0;
}
