// The tables of the epoch rows, made once.
#pragma once

#include <cstdint>
#include <memory>

#include "contender.h"

namespace gradus::bench {

inline constexpr int64_t kDigitsRows = 1797;
inline constexpr int64_t kTableRows = 200000;

/// data/digits.csv, 1,797 x 64 pixels between 0 and 1, ten classes.
std::shared_ptr<const Data> digits();
/// 200,000 x 50 numbers, three classes by the sign of sums of them.
std::shared_ptr<const Data> generated_table();

/// `data` in a temporary file, features then labels in float32, for contenders in other processes.
class DataFile {
 public:
  explicit DataFile(const Data& data);
  ~DataFile();
  DataFile(const DataFile&) = delete;
  DataFile& operator=(const DataFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace gradus::bench
