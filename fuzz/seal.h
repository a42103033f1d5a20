// What fuzz targets of sealed files share.
#pragma once

#include <string>

#include "model/sealed_file.h"

namespace gradus {

/// `file` with the right first bytes and SHA-256, or nothing behind them would ever be reached.
inline std::string with_sum(std::string file) {
  if (file.size() < kSumOffset + kSumSize) return file;
  file.replace(8, kModelPrefix.size(), kModelPrefix);
  file.replace(kSumOffset, kSumSize, model_sum(file));
  return file;
}

}  // namespace gradus
