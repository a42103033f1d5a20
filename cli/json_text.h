// What --json and --log print.
#pragma once

#include <string>

#include "gradus/analysis.h"
#include "gradus/cross_validation.h"
#include "gradus/doctor.h"
#include "gradus/export.h"
#include "gradus/learning_rate.h"
#include "gradus/options.h"
#include "gradus/train.h"
#include "gradus/tune.h"

namespace gradus::cli {

// NaN and infinity become null, for JSON has neither.
/// One line, its end included.
std::string json_line(const EpochRecord& record);
std::string json_text(const Evaluation& evaluation);
std::string json_text(const CrossValidation& result);
std::string json_text(const TuneResult& result);
std::string json_text(const LearningRateRange& range);
std::string json_text(const Trace& trace);
std::string json_text(const GradcheckResult& result);
std::string json_text(const DoctorReport& report);
/// `before`, `after`: what the model and its int8 variant measure on --data, or null.
std::string json_text(const CExportReport& report, const Evaluation* before, const Evaluation* after);
std::string json_text(const OnnxExportReport& report);
/// Version, build, SIMD target, threads and libraries.
std::string json_info();

}  // namespace gradus::cli
