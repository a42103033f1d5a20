#include "model/foreign_file.h"

#include <algorithm>
#include <array>

#include "base/quote.h"

namespace gradus {
namespace {

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  const char* what;
};

using namespace std::string_view_literals;

constexpr std::array kMagics = {
    Magic{0, "\x89HDF\r\n\x1a\n"sv, "an HDF5 file (Keras, perhaps)"},
    Magic{0, "GGUF"sv, "a GGUF file"},
    Magic{0, "PK\x03\x04"sv, "a ZIP archive (a PyTorch or Keras model, perhaps)"},
    Magic{0, "\x93NUMPY"sv, "a NumPy array"},
    Magic{4, "TFL3"sv, "a TensorFlow Lite model"},
    Magic{0, "\x1f\x8b"sv, "a gzip file"},
    Magic{0, "\x28\xb5\x2f\xfd"sv, "a zstd file"},
    Magic{0, "<?xml"sv, "an XML file"},
};

// Opcode PROTO with one of the protocols that have it, then FRAME or an opcode that opens a container or an import.
bool is_pickle(std::string_view bytes) {
  return bytes.size() >= 2 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5;
}

// A ModelProto starts with its ir_version (field 1, a varint), followed by another of its first eight fields.
bool is_onnx(std::string_view bytes) {
  constexpr std::string_view kNextFields = "\x12\x1a\x22\x28\x32\x3a\x42";
  return bytes.size() >= 3 && bytes[0] == '\x08' && bytes[1] > 0 && bytes[1] < 32 &&
         kNextFields.find(bytes[2]) != std::string_view::npos;
}

bool is_safetensors(std::string_view bytes) {
  return bytes.size() > 8 && bytes.substr(4, 4) == "\0\0\0\0"sv && bytes[8] == '{';
}

bool is_text(std::string_view bytes) {
  // The last character may be cut in two.
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const std::size_t length = utf8_length(rest);
    if (length == 0) return rest.size() < 4 && rest.size() < bytes.size();
    const auto c = static_cast<unsigned char>(rest[0]);
    if (c == 0x7F || (c < 0x20 && c != '\n' && c != '\r' && c != '\t')) return false;
    rest.remove_prefix(length);
  }
  return true;
}

}  // namespace

std::string describe_foreign(std::string_view first_bytes) {
  if (first_bytes.empty()) return "an empty file";
  for (const Magic& magic : kMagics) {
    if (first_bytes.size() >= magic.offset && first_bytes.substr(magic.offset).starts_with(magic.bytes)) {
      return magic.what;
    }
  }
  if (is_safetensors(first_bytes)) return "a safetensors file that Gradus did not write";
  if (is_pickle(first_bytes)) return "a Python pickle";
  if (is_onnx(first_bytes)) return "an ONNX file";
  if (is_text(first_bytes)) return "text";
  return "bytes of another kind";
}

}  // namespace gradus
