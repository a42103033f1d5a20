// The floating-point mode of the bit contract: round to nearest, denormals kept, whatever the host program set.
#pragma once

#include <cstdint>

namespace gradus {

/// Sets the mode for this thread until it is destroyed.
class FloatMode {
 public:
  FloatMode() noexcept;
  ~FloatMode();
  FloatMode(const FloatMode&) = delete;
  FloatMode& operator=(const FloatMode&) = delete;

 private:
  uint64_t saved_;
};

}  // namespace gradus
