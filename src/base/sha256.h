// SHA-256 (FIPS 180-4), by nettle.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace gradus {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes) noexcept;
  void update(std::string_view bytes) noexcept;
  /// 64 lower-case hexadecimal digits of all bytes so far; the next update starts a new sum.
  std::string hex();
  /// The same in base 64, as a Content-Security-Policy writes it.
  std::string base64();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gradus
