#include "kernels/scan.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/dispatch-inl.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/scan.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr double kLargestWhole = 0x1p53;  // above it every double is whole

template <class D>
HWY_INLINE uint64_t bits_of(D d, hn::Mask<D> mask) {
  uint8_t bits[8] = {};
  hn::StoreMaskBits(d, mask, bits);
  uint64_t word = 0;
  std::memcpy(&word, bits, sizeof(word));
  return word;
}

bool find_marks(const char* bytes, std::size_t size, char delimiter, uint64_t* marks, uint64_t* stops) {
  // Capped at 64 lanes, so that a word of the mask is always whole vectors.
  const hn::CappedTag<uint8_t, 64> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto comma = hn::Set(d, static_cast<uint8_t>(delimiter));
  const auto quote = hn::Set(d, static_cast<uint8_t>('"'));
  const auto line_feed = hn::Set(d, static_cast<uint8_t>('\n'));
  const auto carriage_return = hn::Set(d, static_cast<uint8_t>('\r'));
  const auto one = hn::Set(d, uint8_t{1});
  // 0 - 1 wraps to 255, so both 0 and 129 .. 255 leave the top bit of x - 1; 128 has it in x itself.
  auto unusual = hn::Zero(d);
  const auto* in = reinterpret_cast<const uint8_t*>(bytes);
  const std::size_t words = (size + 63) / 64;
  for (std::size_t word = 0; word < words; ++word) {
    uint64_t mark = 0;
    uint64_t stop = 0;
    for (std::size_t i = 0; i < 64; i += lanes) {
      const auto x = hn::LoadU(d, in + 64 * word + i);
      const auto stopped = hn::Or(hn::Eq(x, quote), hn::Or(hn::Eq(x, line_feed), hn::Eq(x, carriage_return)));
      unusual = hn::Or(unusual, hn::Or(x, hn::Sub(x, one)));
      stop |= bits_of(d, stopped) << i;
      mark |= bits_of(d, hn::Eq(x, comma)) << i;
    }
    marks[word] = mark | stop;
    stops[word] = stop;
  }
  if (size % 64 != 0) {
    marks[words - 1] &= (uint64_t{1} << (size % 64)) - 1;
    stops[words - 1] &= (uint64_t{1} << (size % 64)) - 1;
  }
  const hn::RebindToSigned<decltype(d)> di;
  return !hn::AllFalse(di, hn::Lt(hn::BitCast(di, unusual), hn::Zero(di)));
}

// Eight at a time, counted afterwards: a loop per bit would mispredict its end in every word.
std::size_t list_all(const uint64_t* masks, std::size_t first, std::size_t last, std::size_t from, std::size_t enough,
                     uint32_t* places) {
  std::size_t count = 0;
  for (std::size_t word = first; word < last && count < enough; ++word) {
    uint64_t bits = masks[word];
    if (word == first) bits &= ~uint64_t{0} << from % 64;
    const auto base = static_cast<uint32_t>(64 * word);
    const auto in_word = static_cast<std::size_t>(std::popcount(bits));
    uint32_t* out = places + count;
    for (std::size_t i = 0; i < in_word; i += 8) {
      for (std::size_t k = 0; k < 8; ++k) {
        out[i + k] = base + static_cast<uint32_t>(std::countr_zero(bits));
        bits &= bits - 1;
      }
    }
    count += in_word;
  }
  return count;
}

#if HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR

// Plain C++: the emulated DemoteTo makes the largest float of what should become infinity.
NarrowStats narrow_all(const double* values, float* out, std::size_t size) {
  NarrowStats stats = {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), 0.0, true};
  for (std::size_t i = 0; i < size; ++i) {
    const double value = values[i];
    out[i] = static_cast<float>(value);
    if (value != value) continue;
    stats.minimum = std::min(stats.minimum, value);
    stats.maximum = std::max(stats.maximum, value);
    stats.error = std::max(stats.error, std::abs(value - static_cast<double>(out[i])));
    stats.all_integers = stats.all_integers && std::trunc(value) == value && std::abs(value) < kLargestWhole;
  }
  return stats;
}

#else

NarrowStats narrow_all(const double* values, float* out, std::size_t size) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> df;
  const std::size_t lanes = hn::Lanes(d);
  const auto infinity = hn::Inf(d);
  const auto largest_whole = hn::Set(d, kLargestWhole);
  auto minimum = infinity;
  auto maximum = hn::Neg(infinity);
  auto error = hn::Zero(d);
  auto fractions = hn::FirstN(d, 0);
  const auto take = [&](auto x, auto valid) HWY_ATTR {
    const auto small = hn::DemoteTo(df, x);
    const auto lost = hn::Abs(hn::Sub(x, hn::PromoteTo(d, small)));
    valid = hn::And(valid, hn::Eq(x, x));
    minimum = hn::Min(minimum, hn::IfThenElse(valid, x, infinity));
    maximum = hn::Max(maximum, hn::IfThenElse(valid, x, hn::Neg(infinity)));
    error = hn::Max(error, hn::IfThenElseZero(valid, lost));
    const auto whole = hn::And(hn::Eq(hn::Trunc(x), x), hn::Lt(hn::Abs(x), largest_whole));
    fractions = hn::Or(fractions, hn::AndNot(whole, valid));
    return small;
  };
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) hn::StoreU(take(hn::LoadU(d, values + i), hn::FirstN(d, lanes)), df, out + i);
  if (i < size) {
    HWY_ALIGN double rest[HWY_MAX_BYTES / sizeof(double)] = {};
    HWY_ALIGN float narrowed[HWY_MAX_BYTES / sizeof(double)] = {};
    std::memcpy(rest, values + i, (size - i) * sizeof(double));
    hn::Store(take(hn::Load(d, rest), hn::FirstN(d, size - i)), df, narrowed);
    std::memcpy(out + i, narrowed, (size - i) * sizeof(float));
  }
  return {hn::GetLane(hn::MinOfLanes(d, minimum)), hn::GetLane(hn::MaxOfLanes(d, maximum)),
          hn::GetLane(hn::MaxOfLanes(d, error)), hn::AllFalse(d, fractions)};
}

#endif

}  // namespace gradus::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

bool find_csv_marks(const char* bytes, std::size_t size, char delimiter, uint64_t* marks,
                    uint64_t* stops) noexcept {GRADUS_DISPATCH(find_marks(bytes, size, delimiter, marks, stops))}

std::size_t list_marks(const uint64_t* masks, std::size_t first, std::size_t last, std::size_t from, std::size_t enough,
                       uint32_t* places) noexcept {GRADUS_DISPATCH(list_all(masks, first, last, from, enough, places))}

NarrowStats narrow(std::span<const double> values, std::span<float> out) noexcept {
  GRADUS_DISPATCH(narrow_all(values.data(), out.data(), values.size()))
}

}  // namespace gradus::kernels
#endif  // HWY_ONCE
