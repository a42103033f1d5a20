// gzip and zstd, told by their first bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace gradus {

enum class Compression { none, gzip, zstd };
/// `start`: the first 4 bytes, or all there are.
Compression detect_compression(std::string_view start) noexcept;

/// One compressed stream. Throws Error(bad_data) without a place for damage.
class Decompressor {
 public:
  virtual ~Decompressor() = default;
  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
  };
  /// Moves both on as far as they go.
  virtual Step expand(std::span<const char> in, std::span<char> out) = 0;
  /// True where the input may end: between two members or frames.
  virtual bool complete() const noexcept = 0;
};

/// Not for Compression::none.
std::unique_ptr<Decompressor> make_decompressor(Compression compression);

}  // namespace gradus
