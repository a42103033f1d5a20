#include "data.h"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "base/random.h"

namespace gradus::bench {
namespace {

std::shared_ptr<const Data> read_digits() {
  auto data = std::make_shared<Data>(Data{kDigitsRows, 64, {}, {}});
  std::ifstream file(GRADUS_SOURCE_DIR "/data/digits.csv");
  std::string line;
  std::getline(file, line);  // the header
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) data->features.push_back(std::stof(cell) / 16.0f);
    data->labels.push_back(data->features.back() * 16.0f);
    data->features.pop_back();
  }
  if (static_cast<int64_t>(data->labels.size()) != kDigitsRows) throw std::runtime_error("data/digits.csv: other rows");
  return data;
}

/// One label in twenty is drawn: those that can be learned to the last drive delta below the normal numbers, where
/// some processors need twice the time for a step, and no measured table is like that.
std::shared_ptr<const Data> generate_table() {
  constexpr int64_t kInputs = 50;
  constexpr double kDrawn = 0.05;
  auto data = std::make_shared<Data>(Data{kTableRows, kInputs, {}, {}});
  const RandomStream stream(1, Purpose::shuffle), noise(2, Purpose::shuffle);
  for (int64_t row = 0; row < kTableRows; ++row) {
    float sums[2] = {};
    for (int64_t i = 0; i < kInputs; ++i) {
      const auto value = static_cast<float>(stream.uniform(static_cast<uint64_t>(row * kInputs + i)) - 0.5);
      data->features.push_back(value);
      sums[i % 2] += value;
    }
    const float label = sums[0] > 0.0f ? 2.0f : sums[1] > 0.0f ? 1.0f : 0.0f;
    const double draw = noise.uniform(static_cast<uint64_t>(row)) / kDrawn;
    data->labels.push_back(draw < 1.0 ? std::floor(static_cast<float>(3.0 * draw)) : label);
  }
  return data;
}

}  // namespace

std::shared_ptr<const Data> digits() {
  static const std::shared_ptr<const Data> data = read_digits();
  return data;
}

std::shared_ptr<const Data> generated_table() {
  static const std::shared_ptr<const Data> data = generate_table();
  return data;
}

DataFile::DataFile(const Data& data) : path_("/tmp/gradus-bench-XXXXXX") {
  const int descriptor = mkstemp(path_.data());
  if (descriptor < 0) throw std::runtime_error("no temporary file");
  std::FILE* file = fdopen(descriptor, "wb");
  std::fwrite(data.features.data(), sizeof(float), data.features.size(), file);
  std::fwrite(data.labels.data(), sizeof(float), data.labels.size(), file);
  std::fclose(file);
}

DataFile::~DataFile() {
  std::remove(path_.c_str());
}

}  // namespace gradus::bench
