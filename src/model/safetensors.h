// The container of the model file: https://github.com/huggingface/safetensors, "Format".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/error.h"

namespace gradus {

enum class Dtype { f32, f64 };
std::string_view name(Dtype dtype) noexcept;
int64_t byte_size(Dtype dtype) noexcept;

struct Tensor {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<int64_t> shape;
  int64_t begin = 0;  ///< bytes from the start of the data
  int64_t end = 0;
};

struct Container {
  std::vector<std::pair<std::string, std::string>> metadata;  ///< `__metadata__`, the long text empty
  std::string_view long_text;                                 ///< what stands between its quotes, escapes and all
  std::vector<Tensor> tensors;
  int64_t data_offset = 0;  ///< where the data starts in the file
};

/// A model of 65,536 columns has 20 MB. The reference reader's own limit is 100 MB, which parsed takes a gigabyte.
inline constexpr int64_t kMaxHeader = 32 << 20;
inline constexpr int64_t kMaxRank = 2;

/// The 8-byte length and the JSON header for these tensors, which follow one another from offset 0; padded with spaces
/// so that the data starts at a multiple of 64. Keys in the order given, `__metadata__` first.
std::string container_header(const std::vector<std::pair<std::string, std::string>>& metadata,
                             const std::vector<Tensor>& tensors);

/// The header length in the first 8 bytes, checked against the limit and `file_size` (-1: unknown).
int64_t header_length(std::string_view first_bytes, int64_t file_size, const std::string& file);

/// Reads and checks the header of a whole file: sizes, names, shapes, and offsets that cover the data without gap or
/// overlap. The metadata's text `long_key` is only found: it may be most of the header, and is not copied. Throws
/// Error(bad_data) with the offset of what is wrong.
Container parse_container(std::string_view bytes, std::string_view long_key, const std::string& file);

}  // namespace gradus
