// The byte and cell loops of the CSV reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace gradus::kernels {

/// Sets bit i % 64 of masks[i / 64] where bytes[i] is `delimiter`, '"', '\n' or '\r'. `bytes` must be readable up to
/// the next multiple of 64; bits beyond `size` are clear. `masks`: (size + 63) / 64 words. Returns true when some byte
/// is 0 or above 127, so that the text needs a closer look.
bool find_csv_marks(const char* bytes, std::size_t size, char delimiter, uint64_t* masks) noexcept;

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
