#include "kernels/columns.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/columns.cc"
#include "kernels/dispatch-inl.h"
// Highway compiles this file once per target from here on.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cstring>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Doubles = hn::ScalableTag<double>;

void standardise_all(const float* cells, double mean, double scale, float fill, float* out, std::size_t size) {
  const Doubles d;
  const hn::Rebind<float, Doubles> df;
  const std::size_t lanes = hn::Lanes(d);
  const auto centre = hn::Set(d, mean);
  const auto factor = hn::Set(d, scale);
  const auto most = hn::Set(d, static_cast<double>(std::numeric_limits<float>::max()));
  const auto filled = hn::Set(d, static_cast<double>(fill));
  const auto encode = [&](auto x) HWY_ATTR {
    const auto cell = hn::PromoteTo(d, x);
    const auto feature = hn::Mul(hn::Sub(cell, centre), factor);
    const auto held = hn::Max(hn::Neg(most), hn::Min(most, feature));
    return hn::DemoteTo(df, hn::IfThenElse(hn::Eq(cell, cell), held, filled));
  };
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) hn::StoreU(encode(hn::LoadU(df, cells + i)), df, out + i);
  if (i < size) {
    HWY_ALIGN float rest[HWY_MAX_BYTES / sizeof(double)] = {};
    std::memcpy(rest, cells + i, (size - i) * sizeof(float));
    hn::Store(encode(hn::Load(df, rest)), df, rest);
    std::memcpy(out + i, rest, (size - i) * sizeof(float));
  }
}

CellRange range_all(const double* cells, std::size_t size) {
  const Doubles d;
  const std::size_t lanes = hn::Lanes(d);
  const auto infinity = hn::Inf(d);
  auto minimum = infinity;
  auto maximum = hn::Neg(infinity);
  auto present = hn::Zero(d);
  const auto one = hn::Set(d, 1.0);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const auto x = hn::LoadU(d, cells + i);
    const auto valid = hn::Eq(x, x);
    minimum = hn::Min(minimum, hn::IfThenElse(valid, x, infinity));
    maximum = hn::Max(maximum, hn::IfThenElse(valid, x, hn::Neg(infinity)));
    present = hn::Add(present, hn::IfThenElseZero(valid, one));
  }
  // Lane by lane: the emulated MinOfLanes starts from the largest finite number, not from infinity.
  HWY_ALIGN double low[HWY_MAX_BYTES / sizeof(double)];
  HWY_ALIGN double high[HWY_MAX_BYTES / sizeof(double)];
  hn::Store(minimum, d, low);
  hn::Store(maximum, d, high);
  CellRange range = {low[0], high[0], 0};
  for (std::size_t lane = 1; lane < lanes; ++lane) {
    range.minimum = low[lane] < range.minimum ? low[lane] : range.minimum;
    range.maximum = high[lane] > range.maximum ? high[lane] : range.maximum;
  }
  auto counted = static_cast<int64_t>(hn::GetLane(hn::SumOfLanes(d, present)));  // whole numbers: exact in any order
  for (; i < size; ++i) {
    if (cells[i] != cells[i]) continue;
    ++counted;
    range.minimum = cells[i] < range.minimum ? cells[i] : range.minimum;
    range.maximum = cells[i] > range.maximum ? cells[i] : range.maximum;
  }
  // Which of -0 and 0 is the smaller depends on the instruction.
  range.minimum += 0.0;
  range.maximum += 0.0;
  range.missing = static_cast<int64_t>(size) - counted;
  return range;
}

void square_all(double* cells, std::size_t size, double mean) {
  const Doubles d;
  const std::size_t lanes = hn::Lanes(d);
  const auto centre = hn::Set(d, mean);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const auto deviation = hn::Sub(hn::LoadU(d, cells + i), centre);
    hn::StoreU(hn::Mul(deviation, deviation), d, cells + i);
  }
  for (; i < size; ++i) cells[i] = (cells[i] - mean) * (cells[i] - mean);
}

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

void standardise(std::span<const float> cells, double mean, double scale, float fill, std::span<float> out) noexcept {
    GRADUS_DISPATCH(standardise_all(cells.data(), mean, scale, fill, out.data(), cells.size()))}

CellRange cell_range(std::span<const double> cells) noexcept {
  GRADUS_DISPATCH(range_all(cells.data(), cells.size()))
}

void square_deviations(std::span<double> cells, double mean) noexcept {
  GRADUS_DISPATCH(square_all(cells.data(), cells.size(), mean))
}

}  // namespace gradus::kernels
#endif  // HWY_ONCE
