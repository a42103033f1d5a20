// The model file: a safetensors file with its own SHA-256 inside. docs/model-file.md specifies it byte by byte.
#pragma once

#include <string>
#include <string_view>

#include "model/model_data.h"
#include "model/sealed_file.h"

namespace gradus {

/// Throws Error(bad_data) with a byte offset. `file`: the name for messages.
ModelData parse_model(std::string_view bytes, const std::string& file);
/// Throws Error(cannot_read) or Error(bad_data); a file that is not a model is refused after its first bytes.
ModelData read_model(const std::string& path);

/// Written atomically. Throws Error(cannot_create), Error(write_failed).
void write_model(const ModelData& model, const std::string& path);

/// SHA-256 of the whole file that write_model writes, its seal included.
std::string model_file_sum(const ModelData& model);

}  // namespace gradus
