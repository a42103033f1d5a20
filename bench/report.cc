#include "report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <nlohmann/json.hpp>

namespace gradus::bench {
namespace {

std::string time_text(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.{}f} us", seconds * 1e6, seconds < 1e-5 ? 3 : 1);
  if (seconds < 1.0) return fmt::format("{:.2f} ms", seconds * 1e3);
  return fmt::format("{:.2f} s", seconds);
}

std::string ratio_text(double ratio) {
  return fmt::format("{:.{}f}x", ratio, ratio < 10 ? 2 : 0);
}

std::string rival_cell(const Result& result, const RivalTime& rival) {
  if (rival.absent) return "absent";
  if (rival.seconds == 0.0) return "-";
  return fmt::format("{} {:>6}", time_text(rival.seconds), ratio_text(ratio(result, rival)));
}

std::string goal_text(const Result& result, const Goal& goal) {
  const double value = found(result, goal);
  const char* verdict = value == 0.0 ? "not measured" : value >= goal.ratio ? "met" : "MISSED";
  return fmt::format("{} {} {}", goal.than, ratio_text(goal.ratio), verdict);
}

}  // namespace

void share_highest_peak(std::vector<Result>& results) {
  std::map<int, double> highest;
  for (const Result& result : results)
    if (result.peak > 0.0) {
      double& peak = highest[result.row.threads];
      peak = std::max({peak, result.peak, result.row.flops / result.seconds});
    }
  for (Result& result : results)
    if (result.peak > 0.0) result.peak = highest[result.row.threads];
}

double ratio(const Result& result, const RivalTime& rival) {
  return rival.seconds == 0.0 ? 0.0 : rival.seconds / result.seconds;
}

double share_of_peak(const Result& result) {
  return result.peak == 0.0 ? 0.0 : result.row.flops / result.seconds / result.peak;
}

double found(const Result& result, const Goal& goal) {
  if (goal.than == "peak") return share_of_peak(result);
  if (goal.than == "per second") return 1.0 / result.seconds;
  for (const RivalTime& rival : result.rivals)
    if (rival.name == goal.than) return ratio(result, rival);
  return 0.0;
}

std::string heading(const Row& row) {
  std::string text = fmt::format("\n{:40} {:>10} {:>7} {:>7} {:>5}", row.section, "gradus", "GF/s", "peak", "%");
  for (const std::string& rival : row.rivals) text += fmt::format("  {:>17}", rival);
  return text + "  wanted";
}

std::string line(const Result& result) {
  std::string text = fmt::format("{:40} {:>10}", result.row.name, time_text(result.seconds));
  if (result.row.flops == 0.0)
    text += fmt::format(" {:>7} {:>7} {:>5}", "-", "-", "-");
  else
    text += fmt::format(" {:7.1f} {:7.1f} {:5.1f}", result.row.flops / result.seconds * 1e-9, result.peak * 1e-9,
                        100.0 * share_of_peak(result));
  for (const RivalTime& rival : result.rivals) text += fmt::format("  {:>17}", rival_cell(result, rival));
  for (std::size_t i = 0; i < result.row.goals.size(); ++i)
    text += (i == 0 ? "  " : "; ") + goal_text(result, result.row.goals[i]);
  return text;
}

std::string peaks_summary(const std::vector<Result>& results) {
  std::map<int, double> peaks;
  for (const Result& result : results)
    if (result.peak > 0.0) peaks[result.row.threads] = result.peak;
  std::string text;
  for (const auto& [threads, peak] : peaks)
    text += fmt::format("\nfma peak, threads {}: {:.1f} GF/s, the highest of the run", threads, peak * 1e-9);
  return text;
}

std::string products_summary(const std::vector<Result>& results) {
  double log_sum = 0.0, worst = std::numeric_limits<double>::infinity();
  int onednn_rows = 0;
  std::string worst_row;
  for (const Result& result : results) {
    if (!result.row.section.starts_with("products")) continue;
    double to_best = std::numeric_limits<double>::infinity();
    for (const RivalTime& rival : result.rivals) {
      if (rival.seconds == 0.0) continue;
      to_best = std::min(to_best, ratio(result, rival));
      if (rival.name == "oneDNN") log_sum += std::log(ratio(result, rival)), ++onednn_rows;
    }
    if (to_best < worst) worst = to_best, worst_row = result.row.name;
  }
  if (worst_row.empty()) return "";
  std::string text =
      fmt::format("products: worst ratio to the best rival {:.2f} at {} (wanted 0.85)", worst, worst_row);
  if (onednn_rows > 0)
    text += fmt::format("; geometric mean of {} ratios to oneDNN {:.3f} (wanted 1.0)", onednn_rows,
                        std::exp(log_sum / onednn_rows));
  return text;
}

nlohmann::ordered_json to_json(const Result& result) {
  nlohmann::ordered_json json = {{"section", result.row.section},
                                 {"name", result.row.name},
                                 {"threads", result.row.threads},
                                 {"seconds", result.seconds}};
  if (result.row.flops > 0.0) {
    json["flops"] = result.row.flops;
    json["gflops_per_second"] = result.row.flops / result.seconds * 1e-9;
    json["peak_gflops_per_second"] = result.peak * 1e-9;
    json["share_of_peak"] = share_of_peak(result);
  }
  json["rivals"] = nlohmann::ordered_json::array();
  for (const RivalTime& rival : result.rivals) {
    if (rival.absent)
      json["rivals"].push_back({{"name", rival.name}, {"absent", true}});
    else if (rival.seconds > 0.0)
      json["rivals"].push_back({{"name", rival.name}, {"seconds", rival.seconds}, {"ratio", ratio(result, rival)}});
  }
  json["goals"] = nlohmann::ordered_json::array();
  for (const Goal& goal : result.row.goals) {
    const double value = found(result, goal);
    nlohmann::ordered_json entry = {{"than", goal.than}, {"at_least", goal.ratio}};
    if (value > 0.0) entry["found"] = value, entry["met"] = value >= goal.ratio;
    json["goals"].push_back(entry);
  }
  return json;
}

}  // namespace gradus::bench
