// A safetensors file with its own SHA-256 inside: the container of models and checkpoints. docs/model-file.md specifies
// it byte by byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/safetensors.h"

namespace gradus {

/// How every such file goes on after its 8-byte header length; the SHA-256 follows at once, so that it can be checked
/// before anything is parsed.
inline constexpr std::string_view kModelPrefix = R"({"__metadata__":{"sha256":")";
inline constexpr std::size_t kSumOffset = 8 + kModelPrefix.size();
inline constexpr std::size_t kSumSize = 64;

/// The SHA-256 of a file's bytes, its own 64 digits counted as the character '0'.
/// `bytes`: at least kSumOffset + kSumSize of them.
std::string model_sum(std::string_view bytes);

/// Throws Error(bad_data) unless the bytes start as such a file does, of `expected` ("a Gradus model"), and have the
/// sum that they say.
void check_seal(std::string_view bytes, const std::string& file, std::string_view expected);

/// All bytes of a file, the seal not yet checked; what is no such file is refused after its first bytes. Throws
/// Error(cannot_read), Error(bad_data). `name`: gets the file's name for messages.
std::string read_sealed(const std::string& path, std::string_view expected, std::string& name);

/// The text that `__metadata__` holds for `key` (empty for the long text, which is not copied), or null.
const std::string* metadata_text(const Container& container, std::string_view key);

/// The header of a file with `json` as the metadata's `key`, and the sum of it and of the tensors' `data`, which is to
/// be written behind it piece by piece.
std::string sealed_header(std::string_view key, const std::string& json, const std::vector<Tensor>& tensors,
                          std::span<const std::string_view> data);

}  // namespace gradus
