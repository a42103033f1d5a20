// Small models for tests, and the means to spoil a model file while its SHA-256 stays right.
#pragma once

#include <functional>
#include <string>

#include "model/model_data.h"
#include "model/strict_json.h"

namespace gradus {

/// Four features (numeric with indicator, two categories and `unknown`) -> 3 tanh, dropout -> 2 classes; every field
/// set to something that is not its default.
template <typename T>
ModelData small_model();
/// Two inputs, no hidden layer, two numeric targets.
ModelData small_regression();

/// The file that `write_model` writes.
std::string file_of(const ModelData& model);
/// Writes the right SHA-256 into a file's bytes.
std::string with_sum(std::string bytes);
/// The file with its header's JSON changed; the length and SHA-256 are right again.
std::string edit_header(const std::string& bytes, const std::function<void(Json&)>& edit);
/// The file with the model's own JSON changed.
std::string edit_json(const std::string& bytes, const std::function<void(Json&)>& edit);
/// The file with other data after the header.
std::string edit_data(const std::string& bytes, const std::function<void(std::string&)>& edit);

}  // namespace gradus
