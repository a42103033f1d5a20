#pragma once

#include <string>

namespace gradus::kernels {

std::string highway_version();

}  // namespace gradus::kernels
