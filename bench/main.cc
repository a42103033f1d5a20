// Times Gradus beside the rivals installed here and prints one table.
//   bench [--rows TEXT] [--quick] [--json FILE]
// TEXT picks the rows whose section and name contain it ("products", "step", "1024"; several, comma-separated).
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "measure.h"
#include "peak.h"
#include "report.h"

namespace gradus::bench {
namespace {

struct Options {
  std::vector<std::string> rows;
  bool quick = false;
  std::string json;
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

Options parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string flag = arguments[i];
    if (flag == "--quick") {
      options.quick = true;
    } else if ((flag == "--rows" || flag == "--json") && i + 1 < count) {
      ++i;
      if (flag == "--rows") options.rows = split(arguments[i]);
      if (flag == "--json") options.json = arguments[i];
    } else {
      fmt::print(stderr, "usage: bench [--rows TEXT,...] [--quick] [--json FILE]\n");
      std::exit(64);
    }
  }
  return options;
}

bool wanted(const Row& row, const Options& options) {
  const std::string text = row.section + " " + row.name;
  return options.rows.empty() || std::any_of(options.rows.begin(), options.rows.end(), [&](const std::string& part) {
           return text.find(part) != std::string::npos;
         });
}

/// OpenBLAS reads these once, as it is loaded. A kernel chosen for an older processor would flatter us, and its threads
/// are set by the row.
void restart_without_openblas_settings(char** arguments) {
  bool found = false;
  for (const char* variable : {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"})
    if (std::getenv(variable) != nullptr) found = true, unsetenv(variable);
  if (found) execv("/proc/self/exe", arguments);
}

Result measure(const Row& row, std::vector<Entry>& everyone, Effort effort) {
  if (row.threads > 1) effort.rest = std::chrono::milliseconds(5);
  set_rival_threads(row.threads);
  Result result = {row, 0.0, 0.0, {}};
  std::vector<Work> works = {row.flops > 0.0 ? peak_work(row.threads) : Work{}, row.work(*everyone.front().contender)};
  for (const std::string& name : row.rivals) {
    const auto entry =
        std::find_if(everyone.begin(), everyone.end(), [&](const Entry& one) { return one.name == name; });
    const bool absent = entry == everyone.end() || !entry->contender;
    works.push_back(absent ? Work{} : row.work(*entry->contender));
    result.rivals.push_back({name, absent, 0.0});
  }
  const std::vector<double> best = best_seconds(works, effort);
  if (row.flops > 0.0) result.peak = peak_flops(row.threads) / best[0];
  result.seconds = best[1];
  for (std::size_t i = 0; i < result.rivals.size(); ++i) result.rivals[i].seconds = best[i + 2];
  return result;
}

void write_json(const std::string& path, const std::vector<Entry>& everyone, const std::vector<Result>& results) {
  nlohmann::ordered_json json;
  for (const Entry& entry : everyone)
    json["contenders"].push_back(
        {{"name", entry.name}, {"about", entry.contender ? entry.contender->about() : "absent"}});
  for (const Result& result : results) json["rows"].push_back(to_json(result));
  std::ofstream(path) << json.dump(1) << "\n";
}

int run(const Options& options) {
  std::vector<Entry> everyone = contenders();
  for (const Entry& entry : everyone)
    fmt::print("{:12} {}\n", entry.name, entry.contender ? entry.contender->about() : "absent");
  fmt::print("A rival's cell: its time, and how many times as fast Gradus is. Best of interleaved samples.\n");
  const Effort effort = options.quick ? Effort{0.003, 0.3, 3, 30} : Effort{};
  std::vector<Result> results;
  for (const Row& row : rows()) {
    if (!wanted(row, options)) continue;
    if (results.empty() || results.back().row.section != row.section) fmt::print("{}\n", heading(row));
    results.push_back(measure(row, everyone, effort));
    fmt::print("{}\n", line(results.back()));
    std::fflush(stdout);
    if (!options.json.empty()) write_json(options.json, everyone, results);
  }
  const std::string summary = products_summary(results);
  if (!summary.empty()) fmt::print("\n{}\n", summary);
  return results.empty() ? 1 : 0;
}

}  // namespace
}  // namespace gradus::bench

int main(int count, char** arguments) {
  gradus::bench::restart_without_openblas_settings(arguments);
  return gradus::bench::run(gradus::bench::parse(count, arguments));
}
