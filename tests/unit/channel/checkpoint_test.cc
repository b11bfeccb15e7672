#include "node/channel/checkpoint.h"

#include <gtest/gtest.h>

#include "node/channel/log.h"

namespace enlace::channel {
namespace {

constexpr char kOrigin[] = "demo/ARG/training";

crypto::SigningKey Key(char fill = 'k') {
  return crypto::SigningKey::FromSeed(std::string(32, fill)).value();
}

Checkpoint Some() { return {kOrigin, 42, LeafHash("root")}; }

// A note over any text, signed as C2SP says.
std::string Note(const std::string& body, const crypto::SigningKey& key,
                 const std::string& name = kOrigin) {
  const std::string text = VerifierKeyText(name, key.public_key());
  const std::string id = HexDecode(text.substr(name.size() + 1, 8)).value();
  return body + "\n\xE2\x80\x94 " + name + " " + Base64Encode(id + key.Sign(body)) + "\n";
}

std::string SignatureLine(const std::string& name, const std::string& bytes) {
  return "\xE2\x80\x94 " + name + " " + Base64Encode(bytes) + "\n";
}

std::string Root() {
  const Hash hash = LeafHash("root");
  return Base64Encode(AsView(hash));
}

Reason ReasonFor(const std::string& note, const crypto::SigningKey& key = Key()) {
  const auto opened = OpenCheckpoint(note, kOrigin, key.public_key());
  EXPECT_FALSE(opened.ok()) << note;
  return opened.ok() ? Reason::INTERNAL : ReasonOf(opened.status());
}

TEST(CheckpointTest, OpensWhatItSigned) {
  const auto opened = OpenCheckpoint(SignCheckpoint(Some(), Key()), kOrigin, Key().public_key());
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(*opened, Some());
}

TEST(CheckpointTest, WritesTheFormatOfTlogCheckpoint) {
  EXPECT_EQ(SignCheckpoint(Some(), Key()),
            Note(std::string(kOrigin) + "\n42\n" + Root() + "\n", Key()));
}

TEST(CheckpointTest, RefusesAnotherKey) {
  const std::string note = SignCheckpoint(Some(), Key('a'));
  EXPECT_EQ(ReasonFor(note, Key('b')), Reason::CHECKPOINT_INVALID);
}

TEST(CheckpointTest, RefusesAnotherOrigin) {
  Checkpoint other = Some();
  other.origin = "demo/BRA/training";
  EXPECT_EQ(ReasonFor(SignCheckpoint(other, Key())), Reason::CHECKPOINT_INVALID);
  // Signed under our name but for another log.
  EXPECT_EQ(ReasonFor(Note("demo/BRA/training\n42\n" + Root() + "\n", Key())),
            Reason::CHECKPOINT_INVALID);
}

TEST(CheckpointTest, RefusesEveryChangedByte) {
  const std::string note = SignCheckpoint(Some(), Key());
  for (size_t i = 0; i < note.size(); ++i) {
    std::string bad = note;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_EQ(ReasonFor(bad), Reason::CHECKPOINT_INVALID) << i;
  }
  for (size_t size = 0; size < note.size(); ++size) {
    EXPECT_EQ(ReasonFor(note.substr(0, size)), Reason::CHECKPOINT_INVALID) << size;
  }
}

TEST(CheckpointTest, RefusesOddBodiesThoughTheyAreSigned) {
  const std::string origin(kOrigin);
  for (const std::string& body :
       {origin + "\n042\n" + Root() + "\n", origin + "\n+42\n" + Root() + "\n",
        origin + "\n-1\n" + Root() + "\n", origin + "\n\n" + Root() + "\n",
        origin + "\n0x2a\n" + Root() + "\n", origin + "\n18446744073709551616\n" + Root() + "\n",
        origin + "\n42 \n" + Root() + "\n", origin + "\n42\n" + Root().substr(1) + "\n",
        origin + "\n42\nAAAA\n", origin + "\n42\n", origin + "\n", std::string("\n"),
        origin + "\r\n42\n" + Root() + "\n", origin + "\n42\n" + Root() + "\n\nextension\n",
        std::string("x\n") + origin + "\n42\n" + Root() + "\n"}) {
    EXPECT_EQ(ReasonFor(Note(body, Key())), Reason::CHECKPOINT_INVALID) << body;
  }
}

TEST(CheckpointTest, AcceptsExtensionLinesAndTheLargestSize) {
  const std::string body =
      std::string(kOrigin) + "\n18446744073709551615\n" + Root() + "\nan extension\n";
  const auto opened = OpenCheckpoint(Note(body, Key()), kOrigin, Key().public_key());
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->size, UINT64_MAX);
}

TEST(CheckpointTest, IgnoresSignaturesOfOthers) {
  const std::string note = SignCheckpoint(Some(), Key());
  // A cosignature/v1 line (type 0x04) of a witness, and another key of the same name.
  const std::string witness =
      SignatureLine("demo/BRA", std::string("\1\2\3\4") + std::string(72, 'w'));
  const std::string stranger =
      "\xE2\x80\x94 " + std::string(kOrigin) + " " + Base64Encode(std::string(68, 's')) + "\n";
  EXPECT_TRUE(OpenCheckpoint(note + witness + stranger, kOrigin, Key().public_key()).ok());
  const size_t body_end = note.find("\n\n") + 2;
  EXPECT_TRUE(OpenCheckpoint(note.substr(0, body_end) + witness + note.substr(body_end), kOrigin,
                             Key().public_key())
                  .ok());
  EXPECT_EQ(ReasonFor(note.substr(0, body_end) + witness), Reason::CHECKPOINT_INVALID);
}

TEST(CheckpointTest, RefusesMalformedSignatureLines) {
  const std::string note = SignCheckpoint(Some(), Key());
  for (const std::string& line :
       {std::string("\n"), std::string("text\n"), std::string("- demo/BRA AAAAAAAAAAAA\n"),
        std::string("\xE2\x80\x94  AAAAAAAAAAAA\n"), std::string("\xE2\x80\x94 demo/BRA AAA\n"),
        std::string("\xE2\x80\x94 demo/BRA AAAA\n"), std::string("\xE2\x80\x94 a+b AAAAAAAAAAAA\n"),
        std::string("\xE2\x80\x94 demo/BRA AAAAAAAAAAAA")}) {
    EXPECT_EQ(ReasonFor(note + line), Reason::CHECKPOINT_INVALID) << line;
  }
}

TEST(CheckpointTest, RefusesTheSameSignerTwice) {
  const std::string note = SignCheckpoint(Some(), Key());
  EXPECT_EQ(ReasonFor(note + note.substr(note.find("\n\n") + 2)), Reason::CHECKPOINT_INVALID);
}

TEST(CheckpointTest, RefusesTooManySignaturesAndTooManyBytes) {
  const std::string line =
      SignatureLine("demo/BRA", std::string("\1\2\3\4") + std::string(72, 'w'));
  std::string note = SignCheckpoint(Some(), Key());
  for (size_t i = 1; i < kNoteSignaturesMax; ++i) note += line;
  EXPECT_TRUE(OpenCheckpoint(note, kOrigin, Key().public_key()).ok());
  EXPECT_EQ(ReasonFor(note + line), Reason::CHECKPOINT_INVALID);
  const std::string body =
      std::string(kOrigin) + "\n42\n" + Root() + "\n" + std::string(kNoteBytesMax, 'x') + "\n";
  EXPECT_EQ(ReasonFor(Note(body, Key())), Reason::CHECKPOINT_INVALID);
}

// A key and a note that another implementation published (golang.org/x/mod/sumdb/note).
TEST(VerifierKeyTest, ReadsKeysThatOthersWrote) {
  const std::string text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
  const auto key = ParseVerifierKey(text);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->name, "PeterNeumann");
  EXPECT_EQ(VerifierKeyText(key->name, key->key), text);
  const std::string signature =
      Base64Decode(
          "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
          "KvqfqdngotpRZb6KE6RyyBwJnAM=")
          .value();
  EXPECT_EQ(HexEncode(signature.substr(0, 4)), "c74f20a3");
  EXPECT_TRUE(crypto::VerifySignature(key->key,
                                      "If you think cryptography is the answer to your problem,\n"
                                      "then you don't know what your problem is.\n",
                                      signature.substr(4)));
  const std::string other = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
  EXPECT_TRUE(ParseVerifierKey(other).ok());
}

TEST(VerifierKeyTest, RefusesPartsThatDoNotFit) {
  const std::string good = VerifierKeyText("demo/ARG", Key().public_key());
  ASSERT_TRUE(ParseVerifierKey(good).ok());
  for (const std::string& bad :
       {std::string(), std::string("demo/ARG"), std::string("demo/ARG+00000000"),
        good.substr(0, good.size() - 4), "x" + good, good.substr(8), good + "AAAA",
        std::string("demo/ARG+00000000+") + good.substr(good.rfind('+') + 1)}) {
    const auto key = ParseVerifierKey(bad);
    ASSERT_FALSE(key.ok()) << bad;
    EXPECT_EQ(ReasonOf(key.status()), Reason::KEY_INVALID);
  }
}

}  // namespace
}  // namespace enlace::channel
