// The model file: a safetensors file with its own SHA-256 inside. docs/model-file.md specifies it byte by byte.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "model/model_data.h"

namespace gradus {

/// How every model file goes on after its 8-byte header length; the SHA-256 follows at once, so that it can be checked
/// before anything is parsed.
inline constexpr std::string_view kModelPrefix = R"({"__metadata__":{"sha256":")";
inline constexpr std::size_t kSumOffset = 8 + kModelPrefix.size();
inline constexpr std::size_t kSumSize = 64;

/// The SHA-256 of a model file's bytes, its own 64 digits counted as the character '0'.
/// `bytes`: at least kSumOffset + kSumSize of them.
std::string model_sum(std::string_view bytes);

/// Throws Error(bad_data) with a byte offset. `file`: the name for messages.
ModelData parse_model(std::string_view bytes, const std::string& file);
/// Throws Error(cannot_read) or Error(bad_data); a file that is not a model is refused after its first bytes.
ModelData read_model(const std::string& path);

/// Written atomically. Throws Error(cannot_create), Error(write_failed).
void write_model(const ModelData& model, const std::string& path);

}  // namespace gradus
