// All of Gradus's public API.
#pragma once

#include "gradus/analysis.h"          // IWYU pragma: export
#include "gradus/calibration.h"       // IWYU pragma: export
#include "gradus/cross_validation.h"  // IWYU pragma: export
#include "gradus/custom_loss.h"       // IWYU pragma: export
#include "gradus/doctor.h"            // IWYU pragma: export
#include "gradus/error.h"             // IWYU pragma: export
#include "gradus/export.h"            // IWYU pragma: export
#include "gradus/info.h"              // IWYU pragma: export
#include "gradus/learning_rate.h"     // IWYU pragma: export
#include "gradus/matrix_view.h"       // IWYU pragma: export
#include "gradus/model.h"             // IWYU pragma: export
#include "gradus/names.h"             // IWYU pragma: export
#include "gradus/network.h"           // IWYU pragma: export
#include "gradus/options.h"           // IWYU pragma: export
#include "gradus/output_file.h"       // IWYU pragma: export
#include "gradus/predictor.h"         // IWYU pragma: export
#include "gradus/report.h"            // IWYU pragma: export
#include "gradus/table.h"             // IWYU pragma: export
#include "gradus/train.h"             // IWYU pragma: export
#include "gradus/trainer.h"           // IWYU pragma: export
#include "gradus/tune.h"              // IWYU pragma: export
