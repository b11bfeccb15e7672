#include "node/crypto/ed25519.h"

#include <gtest/gtest.h>

#include "node/base/bytes.h"

namespace enlace::crypto {
namespace {

struct Vector {
  std::string seed;
  std::string public_key;
  std::string message;
  std::string signature;
};

// RFC 8032, 7.1: tests 1, 2 and 3.
const std::vector<Vector>& Rfc8032() {
  static const std::vector<Vector> vectors = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
       "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
       "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
       "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
  };
  return vectors;
}

std::string Bytes(const std::string& hex) { return HexDecode(hex).value(); }

PublicKey Key(const std::string& hex) {
  PublicKey key;
  const std::string bytes = Bytes(hex);
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

TEST(Ed25519Test, FollowsRfc8032) {
  for (const Vector& vector : Rfc8032()) {
    const auto key = SigningKey::FromSeed(Bytes(vector.seed));
    ASSERT_TRUE(key.ok());
    EXPECT_EQ(key->public_key(), Key(vector.public_key));
    EXPECT_EQ(HexEncode(key->Sign(Bytes(vector.message))), vector.signature);
    EXPECT_TRUE(
        VerifySignature(Key(vector.public_key), Bytes(vector.message), Bytes(vector.signature)));
  }
}

TEST(Ed25519Test, RefusesEveryFlippedBitOfASignature) {
  const Vector& vector = Rfc8032()[1];
  const std::string good = Bytes(vector.signature);
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(VerifySignature(Key(vector.public_key), Bytes(vector.message), bad)) << bit;
  }
}

TEST(Ed25519Test, RefusesAnotherMessageKeyOrLength) {
  const SigningKey key = SigningKey::Generate();
  const std::string signature = key.Sign("message");
  EXPECT_TRUE(VerifySignature(key.public_key(), "message", signature));
  EXPECT_FALSE(VerifySignature(key.public_key(), "massage", signature));
  EXPECT_FALSE(VerifySignature(SigningKey::Generate().public_key(), "message", signature));
  EXPECT_FALSE(VerifySignature(key.public_key(), "message", signature + "x"));
  EXPECT_FALSE(VerifySignature(key.public_key(), "message", ""));
}

TEST(Ed25519Test, RefusesASignatureWithTheGroupOrderAdded) {
  // S + L verifies under careless implementations, so that one message has two signatures.
  const std::string order =
      Bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  const Vector& vector = Rfc8032()[0];
  std::string signature = Bytes(vector.signature);
  int carry = 0;
  for (size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(signature[32 + i]) + static_cast<unsigned char>(order[i]);
    signature[32 + i] = static_cast<char>(carry & 0xff);
    carry >>= 8;
  }
  EXPECT_FALSE(VerifySignature(Key(vector.public_key), "", signature));
}

TEST(Ed25519Test, RefusesASeedOfAnotherLength) {
  for (const size_t size : {0U, 31U, 33U, 64U}) {
    const auto key = SigningKey::FromSeed(std::string(size, 'x'));
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(ReasonOf(key.status()), Reason::KEY_INVALID);
    EXPECT_EQ(MessageOf(key.status()).find('x'), std::string::npos) << "a key must not be echoed";
  }
}

TEST(Ed25519Test, GeneratesAnotherKeyEachTimeAndRebuildsItFromItsSeed) {
  const SigningKey key = SigningKey::Generate();
  EXPECT_NE(key.public_key(), SigningKey::Generate().public_key());
  const auto again = SigningKey::FromSeed(key.seed());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->public_key(), key.public_key());
}

}  // namespace
}  // namespace enlace::crypto
