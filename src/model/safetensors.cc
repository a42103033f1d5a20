#include "model/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "base/quote.h"
#include "model/strict_json.h"

namespace gradus {
namespace {

static_assert(std::endian::native == std::endian::little, "the file's numbers are written as they lie in memory");

constexpr std::string_view kMetadata = "__metadata__";
constexpr int64_t kLengthBytes = 8;
constexpr int64_t kDataAlignment = 64;
// Two tensors a layer and the metadata: some 10,000 layers.
constexpr JsonLimits kHeaderLimits = {.depth = 4, .keys = 20'000, .memory = std::size_t{20} << 20};

[[noreturn]] void fail_at(const std::string& file, int64_t offset, const std::string& message) {
  throw Error(ErrorCode::bad_data, Place{.file = file, .offset = offset}, message);
}

Dtype parse_dtype(const JsonField& field) {
  if (field.text() == name(Dtype::f32)) return Dtype::f32;
  if (field.text() == name(Dtype::f64)) return Dtype::f64;
  field.fail("F32 or F64");
}

std::vector<int64_t> parse_shape(const JsonField& field) {
  std::vector<int64_t> shape;
  for (const JsonField dimension : field.items()) {
    if (std::ssize(shape) == kMaxRank) field.fail(fmt::format("at most {} dimensions", kMaxRank));
    shape.push_back(dimension.integer(0, INT64_MAX));
  }
  return shape;
}

/// The bytes of a shape, or -1 when they exceed 63 bits.
int64_t bytes_of(const std::vector<int64_t>& shape, Dtype dtype) noexcept {
  int64_t bytes = byte_size(dtype);
  for (const int64_t dimension : shape) {
    if (__builtin_mul_overflow(bytes, dimension, &bytes)) return -1;
  }
  return bytes;
}

Tensor parse_tensor(const std::string& tensor_name, const JsonField& field, int64_t data_size) {
  Tensor tensor;
  tensor.name = tensor_name;
  tensor.dtype = parse_dtype(field.at("dtype"));
  tensor.shape = parse_shape(field.at("shape"));
  const JsonField offsets = field.at("data_offsets");
  const JsonItems pair = offsets.items();
  if (pair.size() != 2) offsets.fail("two offsets");
  tensor.begin = pair[0].integer(0, data_size);
  tensor.end = pair[1].integer(tensor.begin, data_size);
  const int64_t expected = bytes_of(tensor.shape, tensor.dtype);
  if (expected != tensor.end - tensor.begin) {
    offsets.fail(fmt::format("{} bytes from {} to {}", tensor.end - tensor.begin, tensor.begin, tensor.end),
                 expected < 0 ? "fewer than its shape asks for: more than 2^63"
                              : fmt::format("{} bytes for shape ({}) of {}", expected, fmt::join(tensor.shape, ", "),
                                            name(tensor.dtype)));
  }
  return tensor;
}

/// The data must be covered exactly: bytes that no tensor owns could hide anything.
void check_coverage(const Container& container, int64_t data_size, const std::string& file) {
  std::vector<const Tensor*> by_offset;
  for (const Tensor& tensor : container.tensors) by_offset.push_back(&tensor);
  std::sort(by_offset.begin(), by_offset.end(),
            [](const Tensor* a, const Tensor* b) { return std::pair(a->begin, a->end) < std::pair(b->begin, b->end); });
  int64_t covered = 0;
  for (const Tensor* tensor : by_offset) {
    if (tensor->begin != covered) {
      fail_at(file, container.data_offset + std::min(covered, tensor->begin),
              fmt::format("found tensor {} at data offset {}, expected it at {}: tensors must neither overlap nor "
                          "leave gaps",
                          in_quotes(tensor->name), tensor->begin, covered));
    }
    covered = tensor->end;
  }
  if (covered != data_size) {
    fail_at(file, container.data_offset + covered,
            fmt::format("found {} bytes after the last tensor, expected the end of the file", data_size - covered));
  }
}

/// Where the string that starts at text[begin], a quote, ends: at its closing quote, or at the text's end.
std::size_t end_of_string(std::string_view text, std::size_t begin) noexcept {
  std::size_t i = begin + 1;
  while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
  return std::min(i, text.size());
}

/// What is between the quotes of the first text that has this key in the header's first object, the metadata; empty
/// where there is none. The parser decides whether all around it is JSON.
std::string_view find_text(std::string_view header, std::string_view key) noexcept {
  std::string_view last;
  bool after_colon = false;
  for (std::size_t i = 0; i < header.size() && header[i] != '}'; ++i) {
    if (header[i] == ':') after_colon = true;
    if (header[i] == ',' || header[i] == '{') after_colon = false;
    if (header[i] != '"') continue;
    const std::size_t end = end_of_string(header, i);
    const std::string_view inside = header.substr(i + 1, end - i - 1);
    if (after_colon && last == key && end < header.size()) return inside;
    last = after_colon ? std::string_view() : inside;
    i = end;
  }
  return {};
}

/// `text` without its part `cut`.
std::string without(std::string_view text, std::string_view cut) {
  if (cut.empty()) return std::string(text);
  const auto begin = static_cast<std::size_t>(cut.data() - text.data());
  std::string rest;
  rest.reserve(text.size() - cut.size());
  rest += text.substr(0, begin);
  rest += text.substr(begin + cut.size());
  return rest;
}

/// The header without the inside of its long text; places in messages are those in the whole.
Json parse_around(std::string_view header, std::string_view cut, const Place& place) {
  try {
    return parse_strict_json(without(header, cut), place, kHeaderLimits);
  } catch (const Error& error) {
    Place at = error.place();
    const bool behind = !cut.empty() && at.offset - place.offset > cut.data() - header.data();
    if (behind) at.offset += std::ssize(cut);
    throw Error(error.code(), at, error.message());
  }
}

}  // namespace

std::string_view name(Dtype dtype) noexcept {
  return dtype == Dtype::f32 ? "F32" : "F64";
}

int64_t byte_size(Dtype dtype) noexcept {
  return dtype == Dtype::f32 ? 4 : 8;
}

std::string container_header(const std::vector<std::pair<std::string, std::string>>& metadata,
                             const std::vector<Tensor>& tensors) {
  Json header = Json::object();
  Json& texts = header[std::string(kMetadata)] = Json::object();
  for (const auto& [key, value] : metadata) texts[key] = value;
  for (const Tensor& tensor : tensors) {
    header[tensor.name] = {
        {"dtype", name(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {tensor.begin, tensor.end}}};
  }
  std::string text = header.dump();
  const std::size_t unpadded = static_cast<std::size_t>(kLengthBytes) + text.size();
  text.append((kDataAlignment - unpadded % kDataAlignment) % kDataAlignment, ' ');
  const uint64_t length = text.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + text;
}

int64_t header_length(std::string_view first_bytes, int64_t file_size, const std::string& file) {
  uint64_t length = 0;
  if (first_bytes.size() < sizeof length) fail_at(file, 0, "found fewer than 8 bytes, expected a model file");
  std::memcpy(&length, first_bytes.data(), sizeof length);
  if (length > static_cast<uint64_t>(kMaxHeader)) {
    fail_at(file, 0, fmt::format("found a header of {} bytes, expected at most {}", length, kMaxHeader));
  }
  const auto signed_length = static_cast<int64_t>(length);
  if (file_size >= 0 && signed_length > file_size - kLengthBytes) {
    fail_at(file, 0,
            fmt::format("found {} bytes after the header's length, expected a header of {}: the file is cut short",
                        file_size - kLengthBytes, length));
  }
  return signed_length;
}

Container parse_container(std::string_view bytes, std::string_view long_key, const std::string& file) {
  const int64_t length = header_length(bytes, std::ssize(bytes), file);
  const Place place{.file = file, .offset = kLengthBytes};
  const std::string_view text = bytes.substr(kLengthBytes, static_cast<std::size_t>(length));
  if (!text.starts_with('{')) fail_at(file, kLengthBytes, "found no \"{\", expected the header's JSON object");
  Container container;
  container.long_text = find_text(text, long_key);
  const Json json = parse_around(text, container.long_text, place);
  container.data_offset = kLengthBytes + length;
  const int64_t data_size = std::ssize(bytes) - container.data_offset;
  for (const auto& [key, field] : JsonField(json, "header", place).members()) {
    if (key == kMetadata) {
      for (const auto& [metadata_key, value] : field.members()) {
        container.metadata.emplace_back(metadata_key, value.text());
      }
    } else {
      container.tensors.push_back(parse_tensor(key, field, data_size));
    }
  }
  check_coverage(container, data_size, file);
  return container;
}

}  // namespace gradus
