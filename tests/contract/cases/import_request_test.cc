#include "node/service/import_request.h"

#include <gtest/gtest.h>

#include <random>

#include "node/model/attributes.h"
#include "node/service/case_import.h"
#include "tests/contract/national_node.h"

namespace enlace::service {
namespace {

uint32_t Small(std::mt19937_64& random) { return static_cast<uint32_t>(random() % 4); }

// Some valid, most with a fault of some kind.
pb::CaseRecord AnyRecord(std::mt19937_64& random) {
  pb::CaseRecord record;
  record.set_codelist_version(random() % 8 == 0 ? Small(random) : 1);
  record.set_registration_year(random() % 8 == 0 ? 1000 : 2020);
  record.set_registration_quarter(static_cast<uint32_t>(random() % 6));
  uint32_t attribute = 0;
  for (auto n = random() % 4; n > 0; --n) {
    auto& single = *record.add_singles();
    attribute += 1 + Small(random);
    single.set_attribute(random() % 16 == 0 ? Small(random) : attribute);
    single.set_code(Small(random));
    if (single.code() == 0 || random() % 16 == 0) {
      single.set_missing(static_cast<pb::Missing>(random() % 5));
    }
  }
  attribute = 31;
  for (auto n = random() % 4; n > 0; --n) {
    auto& set = *record.add_sets();
    attribute += 1 + Small(random) % 2;
    set.set_attribute(random() % 16 == 0 ? 32 + Small(random) : attribute);
    for (uint32_t code = random() % 16 == 0 ? 0 : 1; code < 6; ++code) {
      if (random() % 3 == 0) set.add_affirmed(code);
      if (random() % 6 == 0) set.add_denied(code);
    }
    set.set_rest(static_cast<pb::Missing>(random() % 16 == 0 ? random() % 5 : 1 + random() % 3));
  }
  if (random() % 32 == 0) record.set_name("name");
  return record;
}

// The same record to protobuf, with its fields in another order.
std::string InOtherOrder(const pb::CaseRecord& record) {
  pb::CaseRecord sets;
  *sets.mutable_sets() = record.sets();
  pb::CaseRecord others = record;
  others.clear_sets();
  return sets.SerializeAsString() + others.SerializeAsString();
}

// A field with `bytes`, whose number and type are `tag`.
std::string Field(char tag, const std::string& bytes) {
  std::string out(1, tag);
  size_t size = bytes.size();
  for (; size > 0x7f; size >>= 7) out += static_cast<char>(size | 0x80);
  out += static_cast<char>(size);
  return out + bytes;
}

// Keeps the record's own bytes, which a message would put in order.
std::vector<CaseImportRow> Read(const std::string& record, std::string& request_bytes) {
  pb::CaseRow row;
  row.set_row(7);
  request_bytes = Field('\x1a', row.SerializeAsString() + Field('\x12', record));
  const auto read = ImportRequest::Read(request_bytes);
  EXPECT_TRUE(read.ok());
  return ReadCaseRows(*read, *testing::ShippedCodesPtr(), std::nullopt);
}

TEST(ImportRequestTest, SaysWhatTheMessageSays) {
  pb::ImportCaseRecordsRequest message;
  message.set_batch_id("0123456789abcdef");
  message.set_format("format");
  message.set_not_ours(3);
  message.set_validate_only(true);
  message.set_first_row(1);
  message.set_last_row(300);
  for (uint64_t i = 0; i < 300; ++i) {
    auto& row = *message.add_rows();
    row.set_row(i + 1);
    row.set_source_key(std::string(i % 130, 'k'));
    row.mutable_case_record()->set_registration_year(2000);
    message.add_quarantined()->set_row(1000 + i);
  }
  const std::string bytes = message.SerializeAsString();
  const auto request = ImportRequest::Read(bytes);
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->batch_id(), message.batch_id());
  EXPECT_EQ(request->format(), message.format());
  EXPECT_EQ(request->not_ours(), 3u);
  EXPECT_TRUE(request->validate_only());
  EXPECT_EQ(request->first_row(), 1u);
  EXPECT_EQ(request->last_row(), 300u);
  ASSERT_EQ(request->quarantined_size(), 300);
  EXPECT_EQ(request->quarantined(299).row(), 1299u);
  ASSERT_EQ(request->rows_size(), 300);
  for (int i = 0; i < 300; ++i) {
    const auto& row = request->rows()[static_cast<size_t>(i)];
    EXPECT_EQ(row.row(), message.rows(i).row());
    EXPECT_EQ(row.source_key, message.rows(i).source_key());
    EXPECT_EQ(row.case_record, message.rows(i).case_record().SerializeAsString());
  }
}

TEST(ImportRequestTest, RefusesWhatIsNoRequest) {
  for (const std::string bytes :
       {"\x1a", "\x1a\x05x", "\x1a\x02\x12\x05", "\x1a\x01\x00", "\xff", "\x1a\x02\x0a\x00"}) {
    EXPECT_EQ(ReasonOf(ImportRequest::Read(bytes).status()), Reason::REQUEST_MALFORMED);
  }
}

// The short way for records in their stored form against the general one.
TEST(ImportRequestTest, TheOrderOfFieldsChangesNothing) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  int valid = 0;
  for (int round = 0; round < 3000; ++round) {
    const pb::CaseRecord record = AnyRecord(random);
    std::string a_bytes;
    std::string b_bytes;
    const auto a = Read(record.SerializeAsString(), a_bytes);
    const auto b = Read(InOtherOrder(record), b_bytes);
    ASSERT_EQ(a.size(), 1u);
    ASSERT_EQ(b.size(), 1u);
    ASSERT_EQ(a[0].fault.ok(), b[0].fault.ok()) << record.DebugString() << a[0].fault;
    if (!a[0].fault.ok()) {
      const RowFault a_fault = FaultOf(a[0].fault);
      const RowFault b_fault = FaultOf(b[0].fault);
      EXPECT_EQ(a_fault.reason, b_fault.reason) << record.DebugString();
      EXPECT_EQ(a_fault.field, b_fault.field) << record.DebugString();
      continue;
    }
    ++valid;
    EXPECT_EQ(a[0].content, b[0].content);
    EXPECT_EQ(a[0].wire, b[0].wire);
    EXPECT_EQ(a[0].row, 7u);
  }
  EXPECT_GT(valid, 100);
}

}  // namespace
}  // namespace enlace::service
