#include "base/float_mode.h"

namespace gradus {

#if defined(__x86_64__)
// Default MXCSR: all exceptions masked, round to nearest, no flush-to-zero, no denormals-are-zero. The low six bits say
// which exceptions have been seen. Where only they differ nothing is set: a step of a small network takes as long as a
// few settings.
constexpr unsigned kMode = 0x1F80u;
constexpr unsigned kSeen = 0x3Fu;

FloatMode::FloatMode() noexcept : saved_(__builtin_ia32_stmxcsr()) {
  if ((saved_ & ~uint64_t{kSeen}) != kMode) __builtin_ia32_ldmxcsr(kMode);
}
FloatMode::~FloatMode() {
  if ((saved_ & ~uint64_t{kSeen}) != kMode) __builtin_ia32_ldmxcsr(static_cast<unsigned>(saved_));
}
#elif defined(__aarch64__)
FloatMode::FloatMode() noexcept : saved_(__builtin_aarch64_get_fpcr64()) {
  __builtin_aarch64_set_fpcr64(0);
}
FloatMode::~FloatMode() {
  __builtin_aarch64_set_fpcr64(saved_);
}
#else
FloatMode::FloatMode() noexcept : saved_(0) {}
FloatMode::~FloatMode() = default;
#endif

}  // namespace gradus
