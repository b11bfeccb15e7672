#include "node/store/case_row.h"

#include <gtest/gtest.h>

#include <random>

#include "enlace/storage/v1/records.pb.h"
#include "node/model/attributes.h"
#include "node/model/case_wire.h"

namespace enlace::store {
namespace {

namespace pb = enlace::storage::v1;

std::string RandomBytes(std::mt19937_64& random, size_t size_max) {
  std::string bytes(random() % (size_max + 1), '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

pb::StoredCaseRevision RandomRow(std::mt19937_64& random) {
  pb::StoredCaseRevision row;
  row.set_reference(RandomBytes(random, 16));
  row.set_entity("entity");
  row.set_state(static_cast<uint32_t>(random() % 4));
  row.set_revision(static_cast<uint32_t>(random() >> (32 + random() % 32)));
  row.set_create_time_ms(static_cast<int64_t>(random() >> random() % 64));
  row.set_update_time_ms(static_cast<int64_t>(random() >> random() % 64));
  row.set_reason(static_cast<uint32_t>(random() % 300));
  row.set_salt(RandomBytes(random, 16));
  row.set_content(RandomBytes(random, 300));
  row.set_nonce(RandomBytes(random, 7));
  return row;
}

CaseRowView ViewOf(const pb::StoredCaseRevision& row) {
  return {row.reference(),     row.entity(), row.content(),
          row.salt(),          row.nonce(),  static_cast<model::CaseState>(row.state()),
          row.revision(),      row.reason(), row.create_time_ms(),
          row.update_time_ms()};
}

void ExpectEqual(const CaseRowView& a, const CaseRowView& b) {
  EXPECT_EQ(a.reference, b.reference);
  EXPECT_EQ(a.entity, b.entity);
  EXPECT_EQ(a.content, b.content);
  EXPECT_EQ(a.salt, b.salt);
  EXPECT_EQ(a.nonce, b.nonce);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.revision, b.revision);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.create_time_ms, b.create_time_ms);
  EXPECT_EQ(a.update_time_ms, b.update_time_ms);
}

TEST(CaseRowTest, IsWrittenAndReadAsProtobufDoes) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 2000; ++round) {
    pb::StoredCaseRevision row = RandomRow(random);
    if (row.update_time_ms() == 0) row.set_update_time_ms(1);
    std::string converted;
    const auto parsed = ParseCaseRow(row.SerializeAsString(), converted);
    ASSERT_TRUE(parsed.ok());
    const std::string bytes = EncodeCaseRow(ViewOf(row));
    if (row.update_time_ms() == row.create_time_ms()) row.clear_update_time_ms();
    EXPECT_EQ(bytes, row.SerializeAsString());
  }
}

TEST(CaseRowTest, ReadsBackWhatItWrote) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 2000; ++round) {
    pb::StoredCaseRevision row = RandomRow(random);
    if (row.update_time_ms() == 0 || round % 2 == 0) row.set_update_time_ms(row.create_time_ms());
    const std::string bytes = EncodeCaseRow(ViewOf(row));
    std::string converted;
    const auto parsed = ParseCaseRow(bytes, converted);
    ASSERT_TRUE(parsed.ok());
    ExpectEqual(*parsed, ViewOf(row));
  }
}

TEST(CaseRowTest, ARowOfAnEarlierProgramHasTheSameContent) {
  model::CaseContent content;
  content.registration_year = 2020;
  content.registration_quarter = 3;
  content.singles[model::kSex] = {2, model::Missing::kNone};
  content.sets[model::kForms] = {0b0110, 0b1000, model::Missing::kNotApplicable};
  pb::StoredCaseRevision row;
  row.set_reference("0123456789abcdef");
  row.set_codelist_version(1);
  row.set_registration_year(2020);
  row.set_registration_quarter(3);
  auto& single = *row.add_singles();
  single.set_attribute(model::kSex);
  single.set_code(2);
  auto& set = *row.add_sets();
  set.set_attribute(model::kForms);
  set.set_affirmed(0b0110);
  set.set_denied(0b1000);
  set.set_rest(3);
  std::string converted;
  const auto parsed = ParseCaseRow(row.SerializeAsString(), converted);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->content, model::ContentWire(content));
}

TEST(CaseRowTest, CutAndMalformedRowsAreCorruption) {
  std::mt19937_64 random(7);
  const std::string bytes = EncodeCaseRow(ViewOf(RandomRow(random)));
  std::string converted;
  size_t refused = 0;
  for (size_t length = 0; length < bytes.size(); ++length) {
    // Exactly sized, so that a sanitizer sees a read behind its end.
    const std::string cut(bytes.data(), length);
    if (!ParseCaseRow(cut, converted).ok()) ++refused;
  }
  EXPECT_GT(refused, bytes.size() / 2);
  for (const std::string wrong : {"\xff\xff", "\x0a\x05xx", "\x09xxxxxxxx", "\x08"}) {
    EXPECT_EQ(ReasonOf(ParseCaseRow(wrong, converted).status()), Reason::STORE_CORRUPT);
  }
}

TEST(CaseRowTest, ContentThatWasNotWrittenByUsIsCorruption) {
  model::CaseContent content;
  EXPECT_EQ(ReasonOf(DecodeContent("\x18", content)), Reason::STORE_CORRUPT);
  EXPECT_TRUE(DecodeContent("", content).ok());
}

}  // namespace
}  // namespace enlace::store
