#include <gtest/gtest.h>

#include <map>

#include "node/channel/checkpoint.h"
#include "node/channel/entry.h"
#include "node/channel/log.h"
#include "tests/testing/golden.h"

// The bytes that others build on, made by another implementation; see the file's head.
namespace enlace::channel {
namespace {

using testing::Counting;

class GoldenTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(golden_.size(), 8U);
    const NewEntry entry = {"training.programme", "jurisdictions/ARG/programmes/guia",
                            model::Audience::Parse("OAS,BRA").value(), "a payload of some bytes"};
    header_ = MakeHeader(entry, Counting(32), Counting(64), 1767225600000 + 19'234'567).value();
  }

  std::map<std::string, std::string> golden_ = testing::GoldenBytes("channel.txt");
  Header header_;
  crypto::SigningKey key_ = crypto::SigningKey::FromSeed(Counting(0)).value();
};

TEST_F(GoldenTest, Entry) {
  EXPECT_EQ(HexEncode(header_.raw), HexEncode(golden_["header"]));
  EXPECT_EQ(HexEncode(AsView(header_.commitment)), HexEncode(golden_["commitment"]));
  EXPECT_EQ(HexEncode(header_.subject_tag), HexEncode(golden_["subject_tag"]));
  const Hash leaf = LeafHash(header_.raw);
  EXPECT_EQ(HexEncode(AsView(leaf)), HexEncode(golden_["leaf_hash"]));
}

TEST_F(GoldenTest, Keys) {
  EXPECT_EQ(std::string(key_.public_key().begin(), key_.public_key().end()), golden_["public_key"]);
  EXPECT_EQ(VerifierKeyText("demo/ARG/training", key_.public_key()), golden_["verifier_key"]);
}

TEST_F(GoldenTest, Checkpoints) {
  EXPECT_EQ(SignCheckpoint({"demo/ARG/training", 1, LeafHash(header_.raw)}, key_),
            golden_["checkpoint_of_one"]);
  EXPECT_EQ(SignCheckpoint({"demo/ARG/training", 0, EmptyRoot()}, key_),
            golden_["checkpoint_of_none"]);
}

}  // namespace
}  // namespace enlace::channel
