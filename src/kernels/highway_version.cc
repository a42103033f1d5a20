#include "kernels/highway_version.h"

#include <fmt/format.h>
#include <hwy/highway.h>

namespace gradus::kernels {

std::string highway_version() {
  return fmt::format("{}.{}.{}", HWY_MAJOR, HWY_MINOR, HWY_PATCH);
}

}  // namespace gradus::kernels
