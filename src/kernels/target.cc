#include "kernels/target.h"

#include "kernels/dispatch-inl.h"

namespace gradus::kernels {

std::atomic<Target> chosen_target{Target::unset};

namespace {

struct NamedTarget {
  Target target;
  const char* name;
  int64_t highway;  // 0 for the portable one, which needs nothing
};

// Best first.
constexpr NamedTarget kTargets[] = {
    {Target::avx512, "avx512", (HWY_TARGETS) & (HWY_AVX3)},
    {Target::avx2, "avx2", (HWY_TARGETS) & (HWY_AVX2)},
    {Target::neon, "neon", (HWY_TARGETS) & (HWY_NEON)},
    {Target::portable, "portable", 0},
};

bool available(const NamedTarget& candidate) noexcept {
  if (candidate.target == Target::portable) return true;
  return (hwy::SupportedTargets() & candidate.highway) != 0;
}

}  // namespace

Target choose_best_target() noexcept {
  for (const NamedTarget& candidate : kTargets) {
    if (available(candidate)) {
      chosen_target.store(candidate.target, std::memory_order_relaxed);
      return candidate.target;
    }
  }
  return Target::portable;
}

std::string target_name() {
  const Target target = current_target();
  for (const NamedTarget& candidate : kTargets)
    if (candidate.target == target) return candidate.name;
  return "portable";
}

std::vector<std::string> available_targets() {
  std::vector<std::string> names;
  for (const NamedTarget& candidate : kTargets)
    if (available(candidate)) names.emplace_back(candidate.name);
  return names;
}

bool set_target(const std::string& name) {
  if (name == "auto") {
    choose_best_target();
    return true;
  }
  for (const NamedTarget& candidate : kTargets) {
    if (name == candidate.name && available(candidate)) {
      chosen_target.store(candidate.target, std::memory_order_relaxed);
      return true;
    }
  }
  return false;
}

}  // namespace gradus::kernels
