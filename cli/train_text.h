// What `gradus train` says before and after a run.
#pragma once

#include <string>

#include "gradus/model.h"
#include "gradus/options.h"

namespace gradus::cli {

/// Data, columns, network and recipe.
std::string start_text(const std::string& data, const TrainingStart& start);

/// `metric`: what the history's metric measures. `flags`: those that the next command needs to read the same data.
std::string result_text(const Model& model, const std::string& data, const std::string& output,
                        const std::string& metric, const std::string& flags);

}  // namespace gradus::cli
