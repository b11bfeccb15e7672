#pragma once

#include <array>
#include <memory>
#include <string_view>

// AES-128 on single blocks: a secret order of all numbers of 128 bits, not a way to keep texts
// secret (equal blocks stay equal).
namespace enlace::crypto {

// Keeps its state in place, so that one block costs some tens of nanoseconds. Not thread-safe.
class BlockCipher {
 public:
  static constexpr size_t kBytes = 16;
  using Block = std::array<char, kBytes>;

  // REQUIRES: key.size() == kBytes.
  explicit BlockCipher(std::string_view key);
  ~BlockCipher();
  BlockCipher(BlockCipher&&) noexcept;
  BlockCipher& operator=(BlockCipher&&) noexcept;

  Block Encrypt(const Block& block);
  Block Decrypt(const Block& block);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace enlace::crypto
