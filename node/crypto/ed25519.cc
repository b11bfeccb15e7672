#include "node/crypto/ed25519.h"

#include "node/base/check.h"
#include "node/crypto/hash.h"
#include "node/crypto/openssl_ptr.h"

namespace enlace::crypto {
namespace {

constexpr size_t kSeedBytes = 32;
constexpr size_t kSignatureBytes = 64;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

OpensslPtr<EVP_PKEY> PrivateKey(std::string_view seed) {
  return OpensslPtr<EVP_PKEY>(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Bytes(seed), seed.size()));
}

}  // namespace

SigningKey SigningKey::Generate() {
  auto key = FromSeed(RandomBytes(kSeedBytes));
  ENLACE_CHECK(key.ok());
  return *std::move(key);
}

StatusOr<SigningKey> SigningKey::FromSeed(std::string_view seed) {
  if (seed.size() != kSeedBytes) {
    return Error(Reason::KEY_INVALID,
                 "an Ed25519 signing key is 32 bytes, this one has " + std::to_string(seed.size()));
  }
  const auto key = PrivateKey(seed);
  ENLACE_CHECK(key != nullptr);
  SigningKey result;
  result.seed_ = std::string(seed);
  size_t size = result.public_key_.size();
  ENLACE_CHECK(EVP_PKEY_get_raw_public_key(key.get(), result.public_key_.data(), &size) == 1);
  ENLACE_CHECK(size == result.public_key_.size());
  return result;
}

std::string SigningKey::Sign(std::string_view message) const {
  const auto key = PrivateKey(seed_);
  const OpensslPtr<EVP_MD_CTX> context(EVP_MD_CTX_new());
  ENLACE_CHECK(key != nullptr && context != nullptr);
  ENLACE_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  std::string signature(kSignatureBytes, '\0');
  size_t size = signature.size();
  ENLACE_CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                              &size, Bytes(message), message.size()) == 1);
  ENLACE_CHECK(size == kSignatureBytes);
  return signature;
}

bool VerifySignature(const PublicKey& key, std::string_view message, std::string_view signature) {
  if (signature.size() != kSignatureBytes) return false;
  const OpensslPtr<EVP_PKEY> public_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const OpensslPtr<EVP_MD_CTX> context(EVP_MD_CTX_new());
  ENLACE_CHECK(context != nullptr);
  const bool good =
      public_key != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) == 1 &&
      EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                       message.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace enlace::crypto
