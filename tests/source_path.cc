#include "source_path.h"

namespace gradus {

std::string source_path(const std::string& from_root) {
  return GRADUS_SOURCE_DIR "/" + from_root;
}

}  // namespace gradus
