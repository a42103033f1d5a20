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

using Everyone = std::vector<std::unique_ptr<Contender>>;

Contender& named(const Everyone& everyone, const std::string& name) {
  return **std::find_if(everyone.begin(), everyone.end(), [&](const auto& one) { return one->name() == name; });
}

Result measure(const Row& row, const Everyone& everyone, Effort effort) {
  if (row.threads > 1) effort.rest = std::chrono::milliseconds(5);
  set_rival_threads(row.threads);
  Result result = {row, 0.0, 0.0, {}};
  std::vector<Work> works = {row.flops > 0.0 ? peak_work(row.threads) : Work{}, row.work(*everyone.front())};
  for (const std::string& name : row.rivals) {
    Contender& rival = named(everyone, name);
    works.push_back(rival.installed() ? row.work(rival) : Work{});
    result.rivals.push_back({name, !rival.installed(), 0.0});
  }
  const std::vector<double> best = best_seconds(works, effort);
  if (row.flops > 0.0) result.peak = peak_flops(row.threads) / best[0];
  result.seconds = best[1];
  for (std::size_t i = 0; i < result.rivals.size(); ++i) result.rivals[i].seconds = best[i + 2];
  return result;
}

using About = std::vector<std::pair<std::string, std::string>>;

/// Name and version of those whom `rows` need.
About about(const Everyone& everyone, const std::vector<Row>& rows) {
  About lines;
  for (const auto& contender : everyone) {
    const std::string name = contender->name();
    const bool needed = lines.empty() || std::any_of(rows.begin(), rows.end(), [&](const Row& row) {
                          return std::find(row.rivals.begin(), row.rivals.end(), name) != row.rivals.end();
                        });
    if (needed && name != "one thread") lines.emplace_back(name, contender->about());
  }
  return lines;
}

void write_json(const std::string& path, const About& everyone, const std::vector<Result>& results) {
  nlohmann::ordered_json json;
  for (const auto& [name, about] : everyone) json["contenders"].push_back({{"name", name}, {"about", about}});
  for (const Result& result : results) json["rows"].push_back(to_json(result));
  std::ofstream(path) << json.dump(1) << "\n";
}

int run(const Options& options) {
  const Everyone everyone = contenders();
  std::vector<Row> chosen = rows();
  std::erase_if(chosen, [&](const Row& row) { return !wanted(row, options); });
  const About lines = about(everyone, chosen);
  for (const auto& [name, text] : lines) fmt::print("{:14} {}\n", name, text);
  fmt::print("A rival's cell: its time, and how many times as fast Gradus is. Best of interleaved samples.\n");
  const Effort effort = options.quick ? Effort{0.003, 0.3, 3, 30} : Effort{};
  std::vector<Result> results;
  for (const Row& row : chosen) {
    if (results.empty() || results.back().row.section != row.section) fmt::print("{}\n", heading(row));
    results.push_back(measure(row, everyone, effort));
    share_highest_peak(results);
    fmt::print("{}\n", line(results.back()));
    std::fflush(stdout);
    if (!options.json.empty()) write_json(options.json, lines, results);
  }
  fmt::print("{}\n", peaks_summary(results));
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
