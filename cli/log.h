// --log: the training history as JSON lines.
#pragma once

#include <string>
#include <vector>

#include "gradus/options.h"

namespace gradus::cli {

/// A file that grows by one whole line an epoch, after those of the epochs that were done before. Throws
/// Error(cannot_create), Error(write_failed).
class EpochLog {
 public:
  EpochLog(const std::string& path, const std::vector<EpochRecord>& done);
  ~EpochLog();
  EpochLog(const EpochLog&) = delete;
  EpochLog& operator=(const EpochLog&) = delete;

  void write(const EpochRecord& record);

 private:
  std::string path_;
  int descriptor_;
};

}  // namespace gradus::cli
