// The table on the terminal and the same as JSON.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "rows.h"

namespace gradus::bench {

struct RivalTime {
  std::string name;
  bool absent = false;   ///< not installed
  double seconds = 0.0;  ///< of one repeat; 0 when it is absent or has no such thing
};

struct Result {
  Row row;
  double peak = 0.0;  ///< flop/s of the fma peak on the row's threads
  double seconds = 0.0;
  std::vector<RivalTime> rivals;
};

/// Gives every row with a peak the highest of its thread count, be it a peak measured beside some row or a row's own
/// rate: a busy moment lowers what is measured, not what the machine can do.
void share_highest_peak(std::vector<Result>& results);

/// How many times as fast as the rival Gradus is; 0 when the rival has no figure.
double ratio(const Result& result, const RivalTime& rival);
/// 0 for a row without a peak.
double share_of_peak(const Result& result);
/// The figure that the goal is about; 0 when it was not measured.
double found(const Result& result, const Goal& goal);

/// The line above a section's rows, and a row's own.
std::string heading(const Row& row);
std::string line(const Result& result);
/// The peaks that the run ended with; a line printed before may show a lower one. "" without any.
std::string peaks_summary(const std::vector<Result>& results);
/// Over the products: the geometric mean of the ratios to oneDNN, and the worst ratio to the best rival. "" without
/// any.
std::string products_summary(const std::vector<Result>& results);

nlohmann::ordered_json to_json(const Result& result);

}  // namespace gradus::bench
