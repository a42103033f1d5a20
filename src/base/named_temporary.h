// The file beside an output until the output is whole, under a name of its own.
#pragma once

#include <string>

#include "base/file.h"

namespace gradus {

/// `.gradus-<process>-<number>.tmp` in some folder, open for writing and locked by flock(2) while `lock` is open, so
/// that whoever comes later can tell it from one whose writer was killed.
struct NamedTemporary {
  std::string path;
  Descriptor file;
  Descriptor lock;  ///< the same open file: the lock outlives `file`
};

/// Makes one with `mode`, and removes those in `folder` that no living process holds: a killed program leaves its own
/// behind only until the next output there. `file` is invalid, with errno set, when none can be made.
NamedTemporary make_named_temporary(const std::string& folder, unsigned mode);

}  // namespace gradus
