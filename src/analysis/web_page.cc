#include "analysis/web_page.h"

#include <fmt/format.h>

#include "gradus/error.h"
#include "gradus/info.h"

#include "analysis/html.h"
#include "analysis/web_files.h"
#include "base/sha256.h"

namespace gradus {
namespace {

/// JSON that no text in it can end: "<" appears as an escape only.
std::string script_json(const Json& data) {
  const std::string text = data.dump(-1, ' ', true, Json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

std::string csp_hash(std::string_view script) {
  Sha256 sum;
  sum.update(script);
  return fmt::format("'sha256-{}'", sum.base64());
}

}  // namespace

bool web_page_has_charts() noexcept {
  return !kChartsScript.empty();
}

std::string web_page(std::string_view title, std::string_view body, const Json& data) {
  const auto value = [&](std::string_view name) -> std::string {
    if (name == "title") return escaped(title);
    if (name == "version") return version();
    if (name == "style") return std::string(kPageStyle);
    if (name == "body") return std::string(body);
    if (name == "data") return script_json(data);
    if (name == "charts") return std::string(kChartsScript);
    if (name == "script") return std::string(kPageScript);
    if (name == "hashes") return csp_hash(kChartsScript) + " " + csp_hash(kPageScript);
    throw Error(ErrorCode::internal, fmt::format("web/page.html: found {{{{{}}}}}, expected a value for it", name));
  };
  // One pass over the template, so that nothing in the data is taken for a placeholder.
  std::string page;
  std::string_view rest = kPageTemplate;
  for (std::size_t begin = rest.find("{{"); begin != std::string_view::npos; begin = rest.find("{{")) {
    const std::size_t end = rest.find("}}", begin);
    page += rest.substr(0, begin);
    page += value(rest.substr(begin + 2, end - begin - 2));
    rest.remove_prefix(end + 2);
  }
  return page.append(rest);
}

}  // namespace gradus
