// A web page in one file: its text, its data as one block of JSON, the charts library and the script that draws. The
// files of web/ are built into the library.
#pragma once

#include <string>
#include <string_view>

#include "model/strict_json.h"

namespace gradus {

/// `title`: text; `body`: markup that reads without scripts; `data`: what the script draws from. Nothing is asked from
/// the network and no other script can run: the page's Content-Security-Policy names the sums of its own.
std::string web_page(std::string_view title, std::string_view body, const Json& data);

/// Whether this build holds the charts library.
bool web_page_has_charts() noexcept;

}  // namespace gradus
