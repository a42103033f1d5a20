#include "analysis/row_sample.h"

#include "base/random.h"

namespace gradus {

std::vector<uint32_t> sample_rows(std::span<const uint32_t> rows, std::size_t most) {
  if (rows.size() <= most) return {rows.begin(), rows.end()};
  const RandomStream draws(0, Purpose::report_sample);
  std::vector<uint32_t> sample;
  sample.reserve(most);
  for (std::size_t i = 0; i < most; ++i) {
    const std::size_t begin = i * rows.size() / most;
    const std::size_t end = (i + 1) * rows.size() / most;
    sample.push_back(rows[begin + draws.below(i, end - begin)]);
  }
  return sample;
}

}  // namespace gradus
