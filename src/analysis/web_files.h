// The files of web/, as cmake/web.cmake embeds them.
#pragma once

#include <string_view>

namespace gradus {

extern const std::string_view kPageTemplate;
extern const std::string_view kPageStyle;
extern const std::string_view kPageScript;
/// Empty where this build has no charts library.
extern const std::string_view kChartsScript;

}  // namespace gradus
