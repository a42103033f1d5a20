// Reads a CSV several times and prints the best rates: the reader alone, the whole of read_csv,
// and that with the encoding that training starts from. Processor time, so
// that other work on the machine counts little.
// usage: read_csv_bench FILE [times]
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "gradus/error.h"
#include "gradus/table.h"

#include "data/byte_source.h"
#include "data/csv_reader.h"
#include "data/dataset.h"
#include "data/encoder.h"
#include "data/targets.h"

namespace {

double processor_seconds() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double best_seconds(int times, const std::function<void()>& work) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < times; ++i) {
    const double start = processor_seconds();
    work();
    best = std::min(best, processor_seconds() - start);
  }
  return best;
}

// getrusage would count what the parent held before exec.
double peak_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::atof(line.c_str() + 6) / 1024.0;
  }
  return 0.0;
}

/// What `train` does before its first step: all columns but the last are features, the last a number to learn.
void read_and_encode(const std::string& path) {
  gradus::Table table = gradus::read_csv(path);
  const std::vector<int64_t> targets = {table.columns() - 1};
  std::vector<int64_t> features(static_cast<std::size_t>(table.columns() - 1));
  std::iota(features.begin(), features.end(), int64_t{0});
  const std::vector<uint32_t> rows = gradus::rows_with_target(table, targets);
  const gradus::Encoder encoder = gradus::fit_encoder(table, features, rows);
  const gradus::TargetEncoder target = gradus::fit_targets(table, targets, gradus::Task::regression, rows);
  gradus::encode_dataset<float>(std::move(table), encoder, target, features, targets, rows, false);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    fmt::print(stderr, "usage: read_csv_bench FILE [times]\n");
    return 64;
  }
  const std::string path = argv[1];
  const int times = argc > 2 ? std::atoi(argv[2]) : 5;
  const auto source = gradus::open_source(path);
  const double megabytes = static_cast<double>(source->total()) / 1e6;
  int64_t cells = 0;
  const double rows_only = best_seconds(times, [&] {
    source->rewind();
    gradus::CsvReader reader(*source, ',');
    cells = 0;
    while (reader.next()) cells += static_cast<int64_t>(reader.fields().size());
  });
  fmt::print("rows and fields  {:7.3f} s  {:7.1f} MB/s  {:5.1f} ns a cell\n", rows_only, megabytes / rows_only,
             1e9 * rows_only / static_cast<double>(cells));
  const double whole = best_seconds(times, [&] { gradus::read_csv(path); });
  fmt::print("read_csv         {:7.3f} s  {:7.1f} MB/s  {:5.1f} ns a cell  peak {:.0f} MB\n", whole, megabytes / whole,
             1e9 * whole / static_cast<double>(cells), peak_megabytes());
  const double encoded = best_seconds(times, [&] { read_and_encode(path); });
  fmt::print("read and encoded {:7.3f} s  {:7.1f} MB/s  {:5.1f} ns a cell\n", encoded, megabytes / encoded,
             1e9 * encoded / static_cast<double>(cells));
  return 0;
} catch (const gradus::Error& error) {
  fmt::print(stderr, "{}\n", error.what());
  return static_cast<int>(error.code());
}
