// The rows of the table: what is timed, against whom, and what is wanted.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "contender.h"

namespace gradus::bench {

/// At least `ratio` times as fast as the rival named, or that share of the machine's peak, or that many repeats a
/// second.
struct Goal {
  std::string than;  ///< a rival, "peak" or "per second"
  double ratio = 1.0;
};

struct Row {
  std::string section;
  std::string name;
  int threads = 1;
  double flops = 0.0;               ///< of one repeat; 0 where peak has no meaning
  std::vector<std::string> rivals;  ///< the columns of its section
  std::vector<Goal> goals;
  std::function<Work(Contender&)> work;
};

std::vector<Row> rows();

}  // namespace gradus::bench
