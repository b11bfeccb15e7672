#include "client/lib/case_rows.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "node/model/case_wire.h"

namespace enlace::client {
namespace {

using Part = exchange::v1::ImportCaseRecordsRequest;

model::CaseContent SomeContent(std::mt19937& random) {
  model::CaseContent content;
  content.codelist_version = 1 + static_cast<uint32_t>(random() % 300);
  content.registration_year = 2000 + static_cast<uint32_t>(random() % 30);
  content.registration_quarter = static_cast<uint32_t>(random() % 5);
  for (auto n = random() % 12; n > 0; --n) {
    content.singles[1 + static_cast<uint32_t>(random() % 90)] = {
        static_cast<uint32_t>(random() % 400), model::Missing::kNone};
  }
  for (auto n = random() % 6; n > 0; --n) {
    content.sets[100 + static_cast<uint32_t>(random() % 90)] = {
        random() % 1024 << 1, random() % 1024 << 12, model::Missing::kUnknown};
  }
  return content;
}

TEST(CaseRowsTest, HaveTheBytesThatMessagesHave) {
  const unsigned seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    Part bytes;
    bytes.set_batch_id("batch");
    Part messages = bytes;
    for (auto rows = random() % 20; rows > 0; --rows) {
      const uint64_t number = random() % 2 == 0 ? random() % 10 + 1 : random();
      const std::string key = random() % 2 == 0 ? "" : "key" + std::to_string(random());
      const model::CaseContent content = SomeContent(random);
      AddCaseRow(number, content, bytes, key);
      auto& row = *messages.add_rows();
      row.set_row(number);
      row.set_source_key(key);
      ASSERT_TRUE(row.mutable_case_record()->ParseFromString(model::ContentWire(content)));
    }
    EXPECT_EQ(bytes.rows_size(), 0);
    Part read;
    ASSERT_TRUE(read.ParseFromString(bytes.SerializeAsString()));
    EXPECT_EQ(read.SerializeAsString(), messages.SerializeAsString()) << round;
    EXPECT_EQ(bytes.ByteSizeLong(), messages.ByteSizeLong());
  }
}

TEST(CaseRowsTest, StandBesideTheOtherFieldsOfAPart) {
  Part part;
  part.set_batch_id("batch");
  AddCaseRow(7, model::CaseContent(), part);
  part.set_last_row(7);
  Part read;
  ASSERT_TRUE(read.ParseFromString(part.SerializeAsString()));
  EXPECT_EQ(read.batch_id(), "batch");
  EXPECT_EQ(read.last_row(), 7u);
  ASSERT_EQ(read.rows_size(), 1);
  EXPECT_EQ(read.rows(0).row(), 7u);
}

}  // namespace
}  // namespace enlace::client
