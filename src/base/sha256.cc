#include "base/sha256.h"

#include <nettle/base64.h>
#include <nettle/sha2.h>

#include <array>
#include <cstdint>

namespace gradus {

struct Sha256::Impl {
  sha256_ctx context;
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  sha256_init(&impl_->context);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) noexcept {
  if (bytes.empty()) return;
  sha256_update(&impl_->context, bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data()));
}

void Sha256::update(std::string_view bytes) noexcept {
  update(std::as_bytes(std::span(bytes)));
}

std::string Sha256::hex() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<uint8_t, SHA256_DIGEST_SIZE> digest{};
  sha256_digest(&impl_->context, digest.size(), digest.data());
  std::string text;
  text.reserve(2 * digest.size());
  for (const uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string Sha256::base64() {
  std::array<uint8_t, SHA256_DIGEST_SIZE> digest{};
  sha256_digest(&impl_->context, digest.size(), digest.data());
  std::string text(BASE64_ENCODE_RAW_LENGTH(digest.size()), '\0');
  base64_encode_raw(text.data(), digest.size(), digest.data());
  return text;
}

}  // namespace gradus
