// Which targets are compiled, and the jump to the one that runs. Included only by kernels/*.cc, before foreach_target.
#pragma once

#include <atomic>

// Only targets with fma (docs/numerics.md); beside them the portable one, which serves every machine.
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV | HWY_PPC8)
#define HWY_COMPILE_ALL_ATTAINABLE  // the portable target too, even where the baseline is better
#include <hwy/targets.h>

namespace gradus::kernels {

enum class Target { unset, portable, neon, avx2, avx512 };

extern std::atomic<Target> chosen_target;
Target choose_best_target() noexcept;

inline Target current_target() noexcept {
  const Target target = chosen_target.load(std::memory_order_relaxed);
  return target != Target::unset ? target : choose_best_target();
}

}  // namespace gradus::kernels

// Each expands to nothing where its target is not compiled. `...` is a call, `exp_span<T>(x, out)`.
#if HWY_TARGETS & HWY_AVX3
#define GRADUS_CASE_AVX512(...) \
  case Target::avx512:          \
    return N_AVX3::__VA_ARGS__;
#else
#define GRADUS_CASE_AVX512(...)
#endif
#if HWY_TARGETS & HWY_AVX2
#define GRADUS_CASE_AVX2(...) \
  case Target::avx2:          \
    return N_AVX2::__VA_ARGS__;
#else
#define GRADUS_CASE_AVX2(...)
#endif
#if HWY_TARGETS & HWY_NEON
#define GRADUS_CASE_NEON(...) \
  case Target::neon:          \
    return N_NEON::__VA_ARGS__;
#else
#define GRADUS_CASE_NEON(...)
#endif
#if HWY_TARGETS & HWY_EMU128
#define GRADUS_PORTABLE N_EMU128
#else
#define GRADUS_PORTABLE N_SCALAR
#endif

#define GRADUS_DISPATCH(...)               \
  switch (current_target()) {              \
    GRADUS_CASE_AVX512(__VA_ARGS__)        \
    GRADUS_CASE_AVX2(__VA_ARGS__)          \
    GRADUS_CASE_NEON(__VA_ARGS__)          \
    default:                               \
      return GRADUS_PORTABLE::__VA_ARGS__; \
  }
