#include "data/decompress.h"

#include <fmt/format.h>
#define ZLIB_CONST  // next_in is not written through
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <new>

#include "gradus/error.h"

namespace gradus {
namespace {

[[noreturn]] void throw_damaged(const char* format, const char* why) {
  throw Error(ErrorCode::bad_data, fmt::format("found damaged {} ({}), expected a whole {} file", format, why, format));
}

/// Concatenated members are one stream, as for gzip itself. What follows the last must be another member: trailing
/// bytes are an error, since a member whose first byte was damaged looks the same.
class Gzip final : public Decompressor {
 public:
  Gzip() {
    // 15: the largest window; 16: a gzip header and checksum.
    if (::inflateInit2(&stream_, 15 + 16) != Z_OK) throw std::bad_alloc();
  }
  ~Gzip() override { ::inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  Step expand(std::span<const char> in, std::span<char> out) override {
    if (complete_ && !in.empty()) {
      ::inflateReset(&stream_);
      complete_ = false;
    }
    stream_.next_in = reinterpret_cast<const Bytef*>(in.data());
    stream_.avail_in = clamp(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = clamp(out.size());
    const Step before = {stream_.avail_in, stream_.avail_out};
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    // Z_BUF_ERROR only says that one side has run out.
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      throw_damaged("gzip", stream_.msg != nullptr ? stream_.msg : "wrong data");
    }
    complete_ = result == Z_STREAM_END;
    return {before.consumed - stream_.avail_in, before.produced - stream_.avail_out};
  }
  bool complete() const noexcept override { return complete_; }

 private:
  static uInt clamp(std::size_t size) {
    return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
  }
  z_stream stream_ = {};
  bool complete_ = false;
};

class Zstd final : public Decompressor {
 public:
  Zstd() : stream_(::ZSTD_createDStream()) {
    if (stream_ == nullptr) throw std::bad_alloc();
  }
  ~Zstd() override { ::ZSTD_freeDStream(stream_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;

  Step expand(std::span<const char> in, std::span<char> out) override {
    ZSTD_inBuffer input = {in.data(), in.size(), 0};
    ZSTD_outBuffer output = {out.data(), out.size(), 0};
    // The library's own limit on the window (128 MiB) bounds memory.
    const std::size_t result = ::ZSTD_decompressStream(stream_, &output, &input);
    if (::ZSTD_isError(result) != 0) throw_damaged("zstd", ::ZSTD_getErrorName(result));
    if (input.pos > 0 || output.pos > 0) complete_ = result == 0;
    return {input.pos, output.pos};
  }
  bool complete() const noexcept override { return complete_; }

 private:
  ZSTD_DStream* stream_;
  bool complete_ = false;
};

}  // namespace

Compression detect_compression(std::string_view start) noexcept {
  if (start.starts_with("\x1F\x8B")) return Compression::gzip;
  if (start.starts_with("\x28\xB5\x2F\xFD")) return Compression::zstd;
  return Compression::none;
}

std::unique_ptr<Decompressor> make_decompressor(Compression compression) {
  if (compression == Compression::gzip) return std::make_unique<Gzip>();
  return std::make_unique<Zstd>();
}

}  // namespace gradus
