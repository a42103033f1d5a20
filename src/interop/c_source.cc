#include "interop/c_source.h"

#include <fmt/format.h>

#include <utility>

#include "base/check.h"
#include "interop/c_text.h"

namespace gradus {
namespace {

constexpr std::size_t kLineWidth = 110;

/// Initialisers between commas, as many on a line as fit.
class Lines {
 public:
  explicit Lines(std::string& out) : out_(out), line_start_(out.size()) {}

  void add(std::string_view item) {
    if (out_.size() + item.size() + 2 - line_start_ > kLineWidth || first_) {
      out_ += "\n  ";
      line_start_ = out_.size() - 2;
    } else {
      out_ += ' ';
    }
    first_ = false;
    out_ += item;
    out_ += ',';
  }

 private:
  std::string& out_;
  std::size_t line_start_;
  bool first_ = true;
};

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

}  // namespace

CSource::CSource(std::string prefix, bool single)
    : prefix_(std::move(prefix)), capitals_(upper(prefix_)), single_(single) {
  token("real", single ? "float" : "double");
  token("f", single ? "f" : "");  // of libm's names: sqrtf, sqrt
  token("F", single ? "F" : "");
  token("bits", single ? "uint32_t" : "uint64_t");
}

void CSource::add(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '@') {
      const bool capitals = text.substr(i + 1).starts_with('@');
      out_ += (capitals ? capitals_ : prefix_) + "_";
      if (capitals) ++i;
    } else if (text[i] == '$') {
      const std::size_t end = text.find('$', i + 1);
      const auto found = tokens_.find(text.substr(i + 1, end - i - 1));
      GRADUS_DCHECK(end != std::string_view::npos && found != tokens_.end());
      out_ += found->second;
      i = end;
    } else {
      out_ += text[i];
    }
  }
}

template <typename T>
void CSource::array(std::string_view name, std::span<const T> values) {
  add(fmt::format("static const $real$ @{}[{}] = {{", name, values.size()));
  Lines lines(out_);
  for (const T value : values) lines.add(c_number(value));
  out_ += "};\n";
}

void CSource::int8_array(std::string_view name, std::span<const int8_t> values) {
  add(fmt::format("static const signed char @{}[{}] = {{", name, values.size()));
  Lines lines(out_);
  for (const int8_t value : values) lines.add(fmt::format("{}", value));
  out_ += "};\n";
}

void CSource::string_array(std::string_view declaration, std::span<const std::string> values) {
  add(fmt::format("{}[{}] = {{", declaration, values.size()));
  Lines lines(out_);
  for (const std::string& value : values) lines.add(c_string(value));
  out_ += "};\n";
}

template void CSource::array(std::string_view, std::span<const float>);
template void CSource::array(std::string_view, std::span<const double>);

}  // namespace gradus
