#include "node/crypto/block_cipher.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "node/base/check.h"
#include "node/crypto/openssl_ptr.h"

namespace enlace::crypto {
namespace {

// Looked up once: OpenSSL 3.0 takes longer for that than for a thousand blocks.
const EVP_CIPHER* Aes128() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-128-ECB", nullptr);
  ENLACE_CHECK(cipher != nullptr);
  return cipher;
}

BlockCipher::Block Update(EVP_CIPHER_CTX* context, const BlockCipher::Block& block) {
  BlockCipher::Block out;
  int length = 0;
  ENLACE_CHECK(EVP_CipherUpdate(context, reinterpret_cast<unsigned char*>(out.data()), &length,
                                reinterpret_cast<const unsigned char*>(block.data()),
                                static_cast<int>(block.size())) == 1);
  ENLACE_CHECK(length == static_cast<int>(out.size()));
  return out;
}

}  // namespace

// Most users go one way only, so that each direction is made ready on its first use.
struct BlockCipher::State {
  ~State() { OPENSSL_cleanse(key.data(), key.size()); }

  EVP_CIPHER_CTX* Ready(OpensslPtr<EVP_CIPHER_CTX>& context, int encrypts) const {
    if (context == nullptr) {
      context.reset(EVP_CIPHER_CTX_new());
      const auto* const bytes = reinterpret_cast<const unsigned char*>(key.data());
      ENLACE_CHECK(EVP_CipherInit_ex2(context.get(), Aes128(), bytes, nullptr, encrypts, nullptr) ==
                   1);
      ENLACE_CHECK(EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1);
    }
    return context.get();
  }

  Block key;
  OpensslPtr<EVP_CIPHER_CTX> encrypt;
  OpensslPtr<EVP_CIPHER_CTX> decrypt;
};

BlockCipher::BlockCipher(std::string_view key) : state_(std::make_unique<State>()) {
  ENLACE_CHECK(key.size() == kBytes);
  std::copy(key.begin(), key.end(), state_->key.begin());
}

BlockCipher::~BlockCipher() = default;
BlockCipher::BlockCipher(BlockCipher&&) noexcept = default;
BlockCipher& BlockCipher::operator=(BlockCipher&&) noexcept = default;

BlockCipher::Block BlockCipher::Encrypt(const Block& block) {
  return Update(state_->Ready(state_->encrypt, 1), block);
}

BlockCipher::Block BlockCipher::Decrypt(const Block& block) {
  return Update(state_->Ready(state_->decrypt, 0), block);
}

}  // namespace enlace::crypto
