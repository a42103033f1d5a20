#include "data/byte_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "gradus/error.h"

#include "data/decompress.h"
#include "data/raw_input.h"

namespace gradus {
namespace {

constexpr std::size_t kCompressedStep = std::size_t{1} << 17;
constexpr int64_t kMaxExpandedBytes = int64_t{64} << 30;
// A tiny file may expand to this much whatever its size: a row of zeros is no bomb.
constexpr double kAlwaysAllowedBytes = 1 << 20;
constexpr double kUsualExpansion = 1000.0;

class FileSource final : public ByteSource {
 public:
  FileSource(const std::string& path, const SourceOptions& options)
      : raw_(path, options.rewindable, options.temporary_folder), max_expansion_(options.max_expansion) {
    raw_.set_on_signal(options.on_signal);
    start();
  }

  std::size_t read(std::span<char> buffer) override {
    if (buffer.empty()) return 0;
    if (decompressor_ != nullptr) return read_compressed(buffer);
    if (first_ < last_) {
      const std::size_t count = std::min(buffer.size(), last_ - first_);
      std::copy_n(input_.begin() + static_cast<std::ptrdiff_t>(first_), count, buffer.begin());
      first_ += count;
      return count;
    }
    return raw_.read(buffer);
  }

  void rewind() override {
    raw_.rewind();
    start();
  }

  const std::string& name() const noexcept override { return raw_.name(); }
  int64_t consumed() const noexcept override { return raw_.position() - static_cast<int64_t>(last_ - first_); }
  int64_t total() const noexcept override { return raw_.size(); }

 private:
  void start() {
    input_.resize(kMagicBytes);
    first_ = 0;
    last_ = 0;
    produced_ = 0;
    while (last_ < kMagicBytes) {
      const std::size_t count = raw_.read(std::span(input_).subspan(last_));
      if (count == 0) break;
      last_ += count;
    }
    const Compression compression = detect_compression({input_.data(), last_});
    decompressor_ = compression == Compression::none ? nullptr : make_decompressor(compression);
  }

  std::size_t read_compressed(std::span<char> buffer) {
    for (;;) {
      if (first_ == last_) {
        input_.resize(kCompressedStep);
        first_ = 0;
        last_ = raw_.read(input_);
      }
      const Decompressor::Step step = expand(buffer);
      first_ += step.consumed;
      produced_ += static_cast<int64_t>(step.produced);
      check_expansion();
      if (step.produced > 0) return step.produced;
      if (last_ > 0) continue;
      if (decompressor_->complete()) return 0;
      fail("found the end of a truncated compressed file, expected its last bytes");
    }
  }

  Decompressor::Step expand(std::span<char> buffer) {
    try {
      return decompressor_->expand({input_.data() + first_, last_ - first_}, buffer);
    } catch (const Error& error) {
      fail(error.message());
    }
  }

  void check_expansion() const {
    const int64_t size = raw_.size() > 0 ? raw_.size() : raw_.position();
    const double allowed = std::max(max_expansion_ * static_cast<double>(size), kAlwaysAllowedBytes);
    if (static_cast<double>(produced_) > allowed) {
      fail(
          fmt::format("found more than {} bytes in {} compressed ones, expected at most {:g} times as many (see "
                      "--max-expansion)",
                      produced_, size, max_expansion_));
    }
    if (produced_ > kMaxExpandedBytes && max_expansion_ <= kUsualExpansion) {
      fail("found more than 64 GiB of expanded data, expected less (see --max-expansion)");
    }
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorCode::bad_data, Place{.file = name()}, message);
  }

  static constexpr std::size_t kMagicBytes = 4;
  RawInput raw_;
  double max_expansion_;
  std::unique_ptr<Decompressor> decompressor_;
  std::vector<char> input_;  // its bytes first_ .. last_ - 1 are still to be used
  std::size_t first_ = 0;
  std::size_t last_ = 0;
  int64_t produced_ = 0;
};

class MemorySource final : public ByteSource {
 public:
  MemorySource(std::string_view bytes, std::size_t step, std::string name)
      : bytes_(bytes), step_(step), name_(std::move(name)) {}

  std::size_t read(std::span<char> buffer) override {
    const std::size_t count = std::min({step_, buffer.size(), bytes_.size() - position_});
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(position_), count, buffer.begin());
    position_ += count;
    return count;
  }
  void rewind() override { position_ = 0; }
  const std::string& name() const noexcept override { return name_; }
  int64_t consumed() const noexcept override { return static_cast<int64_t>(position_); }
  int64_t total() const noexcept override { return static_cast<int64_t>(bytes_.size()); }

 private:
  std::string_view bytes_;
  std::size_t step_;
  std::string name_;
  std::size_t position_ = 0;
};

}  // namespace

std::unique_ptr<ByteSource> open_source(const std::string& path, const SourceOptions& options) {
  return std::make_unique<FileSource>(path, options);
}

std::unique_ptr<ByteSource> memory_source(std::string_view bytes, std::size_t step, std::string name) {
  return std::make_unique<MemorySource>(bytes, step, std::move(name));
}

}  // namespace gradus
