#include "node/transport/handed_over.h"

#include <gtest/gtest.h>

#include "node/base/bytes.h"
#include "tests/testing/pem_bytes.h"
#include "tests/testing/test_ca.h"

namespace enlace::transport {
namespace {

using Values = std::vector<std::string_view>;

// A DER sequence with this many bytes inside.
std::string Sequence(size_t size) {
  std::string out = "\x30";
  if (size >= 0x100) {
    out += "\x82" + std::string(1, static_cast<char>(size >> 8));
  } else if (size >= 0x80) {
    out += "\x81";
  }
  out += static_cast<char>(size & 0xFF);
  return out + std::string(size, '\x05');
}

std::string Leaf() { return Base64Encode(Sequence(300)); }

std::string RefusalOf(const Values& leaf, const Values& chain = {}) {
  const auto read = ReadHandedOver(leaf, chain);
  if (read.ok()) return "accepted";
  for (const std::string_view value : leaf) {
    if (value.size() < 4) continue;  // Too short to be anything but chance.
    EXPECT_EQ(read.status().ToString().find(value), std::string::npos) << "a value is repeated";
  }
  return std::string(ReasonName(ReasonOf(read.status())));
}

TEST(HandedOverTest, GivesTheTextThatOurOwnTlsWouldSee) {
  const testing::TestCa root;
  const testing::TestCa middle = root.Intermediate();
  const testing::IssuedCertificate issued = middle.Issue("spiffe://arg.demo/node");
  const std::string chain_pem = issued.intermediates_pem + root.anchor_pem();
  const std::string leaf = Base64Encode(testing::DerOf(issued.certificate_pem));
  const std::string chain = Base64Encode(testing::DerOf(chain_pem));
  const auto read = ReadHandedOver({leaf}, {chain});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->leaf_pem, issued.certificate_pem);
  EXPECT_EQ(read->intermediates_pem, chain_pem);
}

TEST(HandedOverTest, TheChainMayBeAbsentOrEmpty) {
  const std::string leaf = Leaf();
  for (const Values& chain : {Values{}, Values{""}}) {
    const auto read = ReadHandedOver({leaf}, chain);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->intermediates_pem, "");
  }
}

TEST(HandedOverTest, WithoutALeafThereIsNoIdentity) {
  EXPECT_EQ(RefusalOf({}), "IDENTITY_MISSING");
  EXPECT_EQ(RefusalOf({""}), "IDENTITY_MISSING");
  EXPECT_EQ(RefusalOf({}, {Leaf()}), "IDENTITY_MISSING");
}

TEST(HandedOverTest, AHeaderThatStandsTwiceIsRefused) {
  const std::string leaf = Leaf();
  EXPECT_EQ(RefusalOf({leaf, leaf}), "IDENTITY_INVALID");
  EXPECT_EQ(RefusalOf({leaf}, {leaf, leaf}), "IDENTITY_INVALID");
  EXPECT_EQ(RefusalOf({leaf}, {"", ""}), "IDENTITY_INVALID");
  EXPECT_EQ(RefusalOf({leaf + "," + leaf}), "IDENTITY_INVALID") << "joined by a proxy";
}

TEST(HandedOverTest, AHeaderAboveItsLimitIsRefused) {
  const size_t most = kHandedOverBytesMax / 4 * 3;  // Of bytes in base64.
  const std::string fits = Base64Encode(Sequence(most - 4));
  ASSERT_EQ(fits.size(), kHandedOverBytesMax);
  const std::string above = Base64Encode(Sequence(most - 3));
  EXPECT_EQ(RefusalOf({fits}, {fits}), "accepted");
  EXPECT_EQ(RefusalOf({above}), "IDENTITY_INVALID");
  EXPECT_EQ(RefusalOf({fits}, {above}), "IDENTITY_INVALID");
}

TEST(HandedOverTest, WhatIsNotBase64IsRefused) {
  for (const char* text : {"*", "MAA", "MAA=\n", " MAA=", "MAB=", "%30%00", "-----BEGIN"}) {
    EXPECT_EQ(RefusalOf({text}), "IDENTITY_INVALID") << text;
    EXPECT_EQ(RefusalOf({Leaf()}, {text}), "IDENTITY_INVALID") << text;
  }
}

TEST(HandedOverTest, TheLeafIsExactlyOneWholeSequence) {
  const std::string whole = Sequence(300);
  const std::string zero(1, '\0');
  const std::string bad[] = {
      "0",                                                    // A head that breaks off.
      whole.substr(0, 3),                                     // A length that breaks off.
      whole.substr(0, whole.size() - 1),                      // A body that breaks off.
      whole + zero,                                           // A byte too many.
      whole + whole,                                          // Two.
      "\x31" + whole.substr(1),                               // A set.
      "\x30\x80" + zero + zero,                               // Of no stated length.
      "\x30\x81\x01\x05",                                     // A length longer than it need be,
      "\x30\x82" + zero + "\x80" + std::string(128, '\x05'),  // and another.
      "\x30\x83" + zero + zero + "\x01\x05",  // More octets of length than may come.
      "\x30\x84\xFF\xFF\xFF\xFF",             // Far more than there is.
  };
  for (const std::string& der : bad) {
    EXPECT_EQ(RefusalOf({Base64Encode(der)}), "IDENTITY_INVALID") << HexEncode(der.substr(0, 8));
  }
}

TEST(HandedOverTest, TheChainIsARowOfWholeSequencesOfBoundedNumber) {
  std::string row;
  for (size_t i = 0; i < kHandedOverChainMax; ++i) row += Sequence(200);
  const std::string leaf = Leaf();
  EXPECT_EQ(RefusalOf({leaf}, {Base64Encode(row)}), "accepted");
  EXPECT_EQ(RefusalOf({leaf}, {Base64Encode(row + Sequence(1))}), "IDENTITY_INVALID");
  EXPECT_EQ(RefusalOf({leaf}, {Base64Encode(Sequence(200) + "x")}), "IDENTITY_INVALID");
}

}  // namespace
}  // namespace enlace::transport
