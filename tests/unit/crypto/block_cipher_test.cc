#include "node/crypto/block_cipher.h"

#include <gtest/gtest.h>

#include "node/base/bytes.h"

namespace enlace::crypto {
namespace {

BlockCipher::Block BlockOf(std::string_view hex) {
  const std::string bytes = HexDecode(hex).value();
  BlockCipher::Block block{};
  std::copy(bytes.begin(), bytes.end(), block.begin());
  return block;
}

TEST(BlockCipherTest, FollowsTheExampleOfFips197) {
  BlockCipher cipher(HexDecode("000102030405060708090a0b0c0d0e0f").value());
  const auto plain = BlockOf("00112233445566778899aabbccddeeff");
  const auto enciphered = BlockOf("69c4e0d86a7b0430d8cdb78070b4c55a");
  EXPECT_EQ(cipher.Encrypt(plain), enciphered);
  EXPECT_EQ(cipher.Decrypt(enciphered), plain);
}

TEST(BlockCipherTest, BlocksDoNotDependOnThoseBefore) {
  BlockCipher cipher(std::string(BlockCipher::kBytes, 'k'));
  const auto one = BlockOf("00000000000000000000000000000001");
  const auto two = BlockOf("00000000000000000000000000000002");
  const auto first = cipher.Encrypt(one);
  const auto second = cipher.Encrypt(two);
  EXPECT_NE(first, second);
  EXPECT_EQ(cipher.Encrypt(one), first);
  EXPECT_EQ(cipher.Decrypt(second), two);
  EXPECT_EQ(cipher.Decrypt(first), one);
}

}  // namespace
}  // namespace enlace::crypto
