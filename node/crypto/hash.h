#pragma once

#include <string>
#include <string_view>

#include "node/base/bytes.h"

// SHA-256, HMAC-SHA-256 and random bytes. Thread-safe.
namespace enlace::crypto {

Hash Sha256(std::string_view data);

// Hashes parts without joining them.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  void Update(std::string_view data);
  Hash Finish();  // Once.

 private:
  struct State;
  State* state_;
};

Hash HmacSha256(std::string_view key, std::string_view data);

// From the operating system's generator; aborts if it fails.
std::string RandomBytes(size_t count);
// A random UUID (version 4) as text.
std::string RandomUuid();

// Same time for equal and unequal inputs of one length.
bool ConstantTimeEqual(std::string_view a, std::string_view b);

}  // namespace enlace::crypto
