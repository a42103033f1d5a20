// The byte and cell loops of the CSV reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace gradus::kernels {

/// Sets bit i % 64 of stops[i / 64] where bytes[i] is '"', '\n' or '\r', and of marks[i / 64] there and where it is
/// `delimiter`. `bytes` must be readable up to the next multiple of 64; bits beyond `size` are clear. Both masks:
/// (size + 63) / 64 words. Returns true when some byte is 0 or above 127, so that the text needs a closer look.
bool find_csv_marks(const char* bytes, std::size_t size, char delimiter, uint64_t* marks, uint64_t* stops) noexcept;

/// `places` gets written up to so many more numbers than are counted.
inline constexpr std::size_t kPlacesAtOnce = 64;
/// The places of the bits set in masks[first .. last), `from` and later ones only, in order, until at least `enough`
/// are found: as many as enough + kPlacesAtOnce. Returns how many. `from` lies in the first word.
std::size_t list_marks(const uint64_t* masks, std::size_t first, std::size_t last, std::size_t from, std::size_t enough,
                       uint32_t* places) noexcept;

/// What a run of numbers loses as float. NaN is left out of all four.
struct NarrowStats {
  double minimum;     ///< infinity when all are NaN
  double maximum;     ///< -infinity when all are NaN
  double error;       ///< the largest |value - float(value)|
  bool all_integers;  ///< whole numbers below 2^53
};

/// out[i] = float(values[i]).
NarrowStats narrow(std::span<const double> values, std::span<float> out) noexcept;

}  // namespace gradus::kernels
