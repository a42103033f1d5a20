#include "model/sealed_file.h"

#include <fmt/format.h>

#include <utility>

#include "gradus/error.h"

#include "base/file.h"
#include "base/sha256.h"
#include "model/foreign_file.h"

namespace gradus {
namespace {

constexpr std::string_view kSumKey = "sha256";

[[noreturn]] void fail_at(const std::string& file, int64_t offset, const std::string& message) {
  throw Error(ErrorCode::bad_data, Place{.file = file, .offset = offset}, message);
}

/// `first_bytes`: the file's first kSumOffset bytes, or all of a shorter file. `file_size`: -1 when unknown.
void check_start(std::string_view first_bytes, int64_t file_size, const std::string& file, std::string_view expected) {
  if (first_bytes.size() < kSumOffset || !first_bytes.substr(8).starts_with(kModelPrefix)) {
    fail_at(file, 0, fmt::format("found {}, expected {}", describe_foreign(first_bytes), expected));
  }
  header_length(first_bytes, file_size, file);
}

void check_sum(std::string_view bytes, const std::string& file) {
  if (bytes.size() < kSumOffset + kSumSize) {
    fail_at(file, std::ssize(bytes), "found the end of the file, expected a SHA-256");
  }
  if (bytes.substr(kSumOffset, kSumSize) != model_sum(bytes)) {
    fail_at(
        file, static_cast<int64_t>(kSumOffset),
        "found a SHA-256 that its content doesn't have, expected the one it was written with: the file is damaged or "
        "was changed");
  }
}

}  // namespace

std::string model_sum(std::string_view bytes) {
  const std::string zeros(kSumSize, '0');
  Sha256 sum;
  sum.update(bytes.substr(0, kSumOffset));
  sum.update(std::string_view(zeros));
  sum.update(bytes.substr(kSumOffset + kSumSize));
  return sum.hex();
}

void check_seal(std::string_view bytes, const std::string& file, std::string_view expected) {
  check_start(bytes.substr(0, kSumOffset), std::ssize(bytes), file, expected);
  check_sum(bytes, file);
}

std::string read_sealed(const std::string& path, std::string_view expected, std::string& name) {
  InputFile input(path);
  name = input.name();
  std::string bytes(kSumOffset, '\0');
  bytes.resize(input.read_fully(bytes));
  check_start(bytes, input.size(), name, expected);
  return read_rest(input, std::move(bytes));
}

const std::string* metadata_text(const Container& container, std::string_view key) {
  for (const auto& [name, value] : container.metadata) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::string sealed_header(std::string_view key, const std::string& json, const std::vector<Tensor>& tensors,
                          std::span<const std::string_view> data) {
  std::string header =
      container_header({{std::string(kSumKey), std::string(kSumSize, '0')}, {std::string(key), json}}, tensors);
  Sha256 sum;
  sum.update(std::string_view(header));
  for (const std::string_view piece : data) sum.update(piece);
  header.replace(kSumOffset, kSumSize, sum.hex());
  return header;
}

}  // namespace gradus
