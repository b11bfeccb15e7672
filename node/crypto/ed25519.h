#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "node/base/error.h"

// Ed25519 (RFC 8032) signatures. Thread-safe.
namespace enlace::crypto {

using PublicKey = std::array<uint8_t, 32>;

class SigningKey {
 public:
  static SigningKey Generate();
  // KEY_INVALID unless 32 bytes.
  static StatusOr<SigningKey> FromSeed(std::string_view seed);

  const PublicKey& public_key() const { return public_key_; }
  // The 32-byte secret; for the key file only.
  const std::string& seed() const { return seed_; }
  std::string Sign(std::string_view message) const;  // 64 bytes.

 private:
  std::string seed_;
  PublicKey public_key_{};
};

bool VerifySignature(const PublicKey& key, std::string_view message, std::string_view signature);

}  // namespace enlace::crypto
