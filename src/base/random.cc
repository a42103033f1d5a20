#include "base/random.h"

#include <Random123/philox.h>

#include "base/check.h"

namespace gradus {
namespace {

constexpr uint64_t kUpperByte = uint64_t{0xff} << 56;

}  // namespace

RandomStream::RandomStream(uint64_t seed, Purpose purpose, uint32_t a, uint32_t b) noexcept
    : key_((seed & ~kUpperByte) | static_cast<uint64_t>(purpose) << 56), above_index_(seed & kUpperByte), high_{a, b} {}

std::array<uint32_t, 4> RandomStream::words(uint64_t index) const noexcept {
  GRADUS_DCHECK((index & kUpperByte) == 0);
  const uint64_t low = index | above_index_;
  const r123::Philox4x32::ctr_type counter = {
      {static_cast<uint32_t>(low), static_cast<uint32_t>(low >> 32), high_[0], high_[1]}};
  const r123::Philox4x32::key_type key = {{static_cast<uint32_t>(key_), static_cast<uint32_t>(key_ >> 32)}};
  const auto out = r123::Philox4x32()(counter, key);
  return {out[0], out[1], out[2], out[3]};
}

double RandomStream::uniform(uint64_t index) const noexcept {
  const auto w = words(index);
  const uint64_t bits = (static_cast<uint64_t>(w[0]) << 32 | w[1]) >> 11;
  return static_cast<double>(bits) * 0x1p-53;
}

uint64_t RandomStream::below(uint64_t index, uint64_t bound) const noexcept {
  const auto w = words(index);
  const uint64_t bits = static_cast<uint64_t>(w[0]) << 32 | w[1];
  return static_cast<uint64_t>((static_cast<unsigned __int128>(bits) * bound) >> 64);
}

}  // namespace gradus
