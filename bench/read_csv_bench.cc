// Reads a CSV several times and prints the best rates: the reader alone, and the whole of read_csv. Processor time, so
// that other work on the machine counts little.
// usage: read_csv_bench FILE [times]
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <limits>
#include <string>

#include "gradus/error.h"
#include "gradus/table.h"

#include "data/byte_source.h"
#include "data/csv_reader.h"

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
  return 0;
} catch (const gradus::Error& error) {
  fmt::print(stderr, "{}\n", error.what());
  return static_cast<int>(error.code());
}
