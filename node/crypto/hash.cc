// SHA-256 uses OpenSSL's low-level functions: they keep their state in place, while
// the EVP interface of OpenSSL 3.0 allocates and looks up the algorithm for each hash,
// which costs more than hashing a Merkle node. Same assembly behind both.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "node/crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <climits>

#include "node/base/check.h"

namespace enlace::crypto {

struct Sha256Stream::State {
  SHA256_CTX context;
};

Hash Sha256(std::string_view data) {
  Hash hash;
  SHA256_CTX context;
  ENLACE_CHECK(SHA256_Init(&context) == 1);
  ENLACE_CHECK(SHA256_Update(&context, data.data(), data.size()) == 1);
  ENLACE_CHECK(SHA256_Final(hash.data(), &context) == 1);
  return hash;
}

Sha256Stream::Sha256Stream() : state_(new State) {
  ENLACE_CHECK(SHA256_Init(&state_->context) == 1);
}

Sha256Stream::~Sha256Stream() { delete state_; }

void Sha256Stream::Update(std::string_view data) {
  ENLACE_CHECK(SHA256_Update(&state_->context, data.data(), data.size()) == 1);
}

Hash Sha256Stream::Finish() {
  Hash hash;
  ENLACE_CHECK(SHA256_Final(hash.data(), &state_->context) == 1);
  return hash;
}

// RFC 2104 over the low-level hash, for the reason above: HMAC() of OpenSSL 3.0 looks the
// algorithm up and allocates for each call.
Hash HmacSha256(std::string_view key, std::string_view data) {
  std::array<char, SHA256_CBLOCK> padded{};
  if (key.size() > padded.size()) {
    const Hash hashed = Sha256(key);
    std::copy(AsView(hashed).begin(), AsView(hashed).end(), padded.begin());
  } else {
    std::copy(key.begin(), key.end(), padded.begin());
  }
  const auto with_pad = [&padded](char pad, std::string_view bytes) {
    std::array<char, SHA256_CBLOCK> block{};
    std::transform(padded.begin(), padded.end(), block.begin(),
                   [pad](char c) { return static_cast<char>(c ^ pad); });
    Hash hash;
    SHA256_CTX context;
    ENLACE_CHECK(SHA256_Init(&context) == 1);
    ENLACE_CHECK(SHA256_Update(&context, block.data(), block.size()) == 1);
    ENLACE_CHECK(SHA256_Update(&context, bytes.data(), bytes.size()) == 1);
    ENLACE_CHECK(SHA256_Final(hash.data(), &context) == 1);
    OPENSSL_cleanse(block.data(), block.size());
    return hash;
  };
  const Hash inner = with_pad('\x36', data);
  const Hash outer = with_pad('\x5c', AsView(inner));
  OPENSSL_cleanse(padded.data(), padded.size());
  return outer;
}

std::string RandomBytes(size_t count) {
  ENLACE_CHECK(count <= INT_MAX);
  std::string bytes(count, '\0');
  ENLACE_CHECK(
      RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1);
  return bytes;
}

std::string RandomUuid() {
  // Each call of the node has an id, and drawing its bytes by themselves was a fiftieth of a call.
  constexpr size_t kIds = 64;
  constexpr size_t kIdBytes = 16;
  thread_local std::string drawn;
  if (drawn.empty()) drawn = RandomBytes(kIds * kIdBytes);
  std::string bytes = drawn.substr(drawn.size() - kIdBytes);
  drawn.resize(drawn.size() - kIdBytes);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3f) | 0x80);
  std::string text = HexEncode(bytes);
  for (const size_t at : {8U, 13U, 18U, 23U}) text.insert(at, "-");
  return text;
}

bool ConstantTimeEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace enlace::crypto
