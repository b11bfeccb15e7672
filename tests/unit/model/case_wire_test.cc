#include "node/model/case_wire.h"

#include <gtest/gtest.h>

#include <random>

#include "enlace/exchange/v1/case_service.pb.h"
#include "node/base/bytes.h"

namespace enlace::model {
namespace {

namespace api = enlace::exchange::v1;

uint32_t Number(std::mt19937_64& random) {
  return static_cast<uint32_t>(random() >> (32 + random() % 32));
}
Missing Reason(std::mt19937_64& random) { return static_cast<Missing>(random() % 4); }

// Not only what is valid: each form that the bytes have room for.
CaseContent AnyContent(std::mt19937_64& random) {
  CaseContent content;
  content.codelist_version = Number(random);
  content.registration_year = Number(random);
  content.registration_quarter = Number(random) % 5;
  for (auto n = random() % 15; n > 0; --n) {
    content.singles[1 + Number(random) % 200] = {Number(random), Reason(random)};
  }
  for (auto n = random() % 8; n > 0; --n) {
    content.sets[1 + Number(random) % 200] = {random() >> random() % 64, random() >> random() % 64,
                                              Reason(random)};
  }
  return content;
}

api::CaseRecord ToProto(const CaseContent& content) {
  api::CaseRecord out;
  out.set_codelist_version(content.codelist_version);
  out.set_registration_year(content.registration_year);
  out.set_registration_quarter(content.registration_quarter);
  for (const auto& [attribute, value] : content.singles) {
    auto& single = *out.add_singles();
    single.set_attribute(attribute);
    single.set_code(value.code);
    single.set_missing(static_cast<api::Missing>(value.missing));
  }
  for (const auto& [attribute, value] : content.sets) {
    auto& set = *out.add_sets();
    set.set_attribute(attribute);
    for (uint32_t code = 0; code < 64; ++code) {
      if (((value.affirmed >> code) & 1U) != 0) set.add_affirmed(code);
      if (((value.denied >> code) & 1U) != 0) set.add_denied(code);
    }
    set.set_rest(static_cast<api::Missing>(value.rest));
  }
  return out;
}

TEST(CaseWireTest, IsTheFormOfTheApiByteForByte) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 5000; ++round) {
    const CaseContent content = AnyContent(random);
    ASSERT_EQ(HexEncode(ContentWire(content)), HexEncode(ToProto(content).SerializeAsString()));
  }
}

TEST(CaseWireTest, ReadsBackWhatItWrote) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  CaseContent parsed;
  for (int round = 0; round < 5000; ++round) {
    const CaseContent content = AnyContent(random);
    ASSERT_TRUE(ParseContentWire(ContentWire(content), parsed));
    ASSERT_EQ(parsed, content);
  }
}

TEST(CaseWireTest, AppendsBehindWhatIsThere) {
  CaseContent content;
  std::string out = "before";
  AppendContentWire(content, out);
  EXPECT_EQ(out, "before" + ContentWire(content));
}

TEST(CaseWireTest, NothingIsAContentThatSaysNothing) {
  CaseContent content;
  content.singles[1] = {1, Missing::kNone};
  ASSERT_TRUE(ParseContentWire("", content));
  CaseContent empty;
  empty.codelist_version = 0;
  EXPECT_EQ(content, empty);
}

// Bytes that mean a content to protobuf, but are not the one form of it.
TEST(CaseWireTest, RefusesOtherFormsOfTheSameContent) {
  const std::string wrong[] = {
      "1800",          // A zero.
      "188100",        // A number longer than it must be.
      "18ffffffff10",  // More than 32 bits.
      "20e40f1801",    // Fields out of order.
      "18011801",      // A field twice.
      "3200",          // An empty value.
      "320608011001180",
      "32041001080132",  // Members out of order, and a cut tag.
      "3204080210013204080110013a",
      "320408021001320408011001",  // Attributes out of order.
      "320408021001320408021001",  // An attribute twice.
      "320408011804",              // An unknown reason.
      "3206080110011802ff",
      "3a0408201200",              // An empty list.
      "3a06082012020201",          // Codes out of order.
      "3a06082012020101",          // A code twice.
      "3a0508201201402001",        // A code above 63, and a length that is too short.
      "3a0508201201c0",            // A code of two bytes.
      "3a060820100110022001",      // A list that is not packed.
      "3a0408202001320408011001",  // Sets before singles.
      "0a01783a",                  // A field that is not content.
      "28",
      "2a",
  };
  CaseContent content;
  for (const std::string& hex : wrong) {
    const std::string bytes = HexDecode(hex.size() % 2 == 0 ? hex : hex + "0").value();
    EXPECT_FALSE(ParseContentWire(bytes, content)) << hex;
  }
}

TEST(CaseWireTest, RefusesBytesThatAreCutOff) {
  std::mt19937_64 random(11);
  CaseContent content = AnyContent(random);
  content.sets[300] = {2, 4, Missing::kUnknown};
  const std::string bytes = ContentWire(content);
  const std::string last = bytes.substr(bytes.size() - 12);
  CaseContent parsed;
  for (size_t length = bytes.size() - last.size() + 1; length < bytes.size(); ++length) {
    // Exactly sized, so that a sanitizer sees a read behind its end.
    EXPECT_FALSE(ParseContentWire(std::string(bytes.data(), length), parsed)) << length;
  }
}

}  // namespace
}  // namespace enlace::model
