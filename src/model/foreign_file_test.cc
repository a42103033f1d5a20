#include "model/foreign_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "gradus/error.h"

#include "base/test_files.h"
#include "model/model_file.h"

namespace gradus {
namespace {

using namespace std::string_literals;

std::string refusal(const std::string& bytes) {
  const TemporaryFolder folder;
  write_bytes(folder / "model", bytes);
  const Error error = error_of([&] { read_model(folder / "model"); });
  EXPECT_EQ(error.code(), ErrorCode::bad_data);
  EXPECT_EQ(error.place().offset, 0);
  return error.message();
}

TEST(ForeignFile, IsNamedAndNeverParsedAsOurs) {
  const std::vector<std::pair<std::string, std::string>> files = {
      {""s, "an empty file"},
      {"\x80\x04\x95\x1f\0\0\0\0\0\0\0\x8c"s, "a Python pickle"},
      {"\x80\x02}q\0"s, "a Python pickle"},
      {"\x89HDF\r\n\x1a\n\0\0"s, "an HDF5 file (Keras, perhaps)"},
      {"GGUF\x03\0\0\0"s, "a GGUF file"},
      {"\x08\x07\x12\x07pytorch"s, "an ONNX file"},
      {"PK\x03\x04\0\0"s, "a ZIP archive (a PyTorch or Keras model, perhaps)"},
      {"\x1c\0\0\0TFL3"s, "a TensorFlow Lite model"},
      {"\x93NUMPY\x01\0"s, "a NumPy array"},
      {"\x1f\x8b\x08\0"s, "a gzip file"},
      {"\x10\0\0\0\0\0\0\0{\"a\":{\"dtype\":1}}"s, "a safetensors file that Gradus did not write"},
      {"name,age\nAnn,31\n"s, "text"},
      {"a"s, "text"},
      {std::string(33, 'x') + "\xc3\xa9", "text"},
      {"\0\0\0\0\0\0\0"s, "bytes of another kind"},
  };
  for (const auto& [bytes, name] : files) {
    EXPECT_EQ(refusal(bytes), "found " + name + ", expected a Gradus model");
  }
}

}  // namespace
}  // namespace gradus
