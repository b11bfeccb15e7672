#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "node/store/programme_table.h"
#include "node/store/release_table.h"
#include "tests/testing/memory_store.h"

namespace enlace::store {
namespace {

using ::testing::ElementsAre;

ReleaseRow Row(char digit) {
  ReleaseRow row;
  row.name = "jurisdictions/ARG/releases/" + std::string(32, digit);
  row.content = "content";
  row.preparer = "spiffe://arg.demo/person/ana";
  row.preparer_fingerprint.fill('a');
  row.suppressed_primary = 3;
  row.suppressed_complementary = 4;
  row.warnings = {"one", "two"};
  row.source = 1;
  return row;
}

std::vector<std::string> Names(const Reader& reader, const std::string& cursor = "") {
  std::vector<std::string> names;
  EXPECT_TRUE(ScanReleases(reader, cursor, [&](std::string_view, const ReleaseRow& row) {
                names.push_back(row.name.substr(row.name.size() - 1));
                return true;
              }).ok());
  return names;
}

TEST(ReleaseTableTest, KeepsEveryFieldAndFindsByName) {
  testing::MemoryStore db;
  db.Commit([](Transaction& transaction) { AddRelease(transaction, Row('1')); });
  const auto loaded = LoadRelease(*db.store->Read(), Row('1').name);
  ASSERT_TRUE(loaded.ok() && loaded->has_value());
  EXPECT_EQ(**loaded, Row('1'));
  EXPECT_FALSE(LoadRelease(*db.store->Read(), "other")->has_value());
  EXPECT_FALSE(LoadRelease(*db.store->Read(), "")->has_value());
}

TEST(ReleaseTableTest, ReplacingKeepsThePlaceInTheOrder) {
  testing::MemoryStore db;
  for (const char digit : {'3', '1', '2'}) {
    db.Commit([&](Transaction& transaction) { AddRelease(transaction, Row(digit)); });
  }
  ReleaseRow approved = Row('3');
  approved.state = ReleaseState::kApproved;
  approved.approver = "spiffe://arg.demo/person/bruno";
  approved.approver_fingerprint.fill('b');
  db.Commit([&](Transaction& transaction) {
    ASSERT_TRUE(ReplaceRelease(transaction, approved).ok());
    EXPECT_EQ(ReasonOf(ReplaceRelease(transaction, Row('9'))), Reason::RELEASE_NOT_FOUND);
  });
  EXPECT_THAT(Names(*db.store->Read()), ElementsAre("3", "1", "2"));
  EXPECT_EQ(**LoadRelease(*db.store->Read(), approved.name), approved);
}

TEST(ReleaseTableTest, ScanGoesOnAfterItsCursor) {
  testing::MemoryStore db;
  for (const char digit : {'1', '2', '3'}) {
    db.Commit([&](Transaction& transaction) { AddRelease(transaction, Row(digit)); });
  }
  std::string cursor;
  EXPECT_TRUE(ScanReleases(*db.store->Read(), "", [&](std::string_view key, const ReleaseRow&) {
                cursor = std::string(key);
                return false;
              }).ok());
  EXPECT_THAT(Names(*db.store->Read(), cursor), ElementsAre("2", "3"));
}

TEST(ProgrammeTableTest, KeepsTheLastRevision) {
  testing::MemoryStore db;
  const ProgrammeRow row{"programme", true, "BRA,OAS", 7};
  db.Commit([&](Transaction& transaction) {
    PutProgramme(transaction, "name", {"before", false, "network", 1});
    PutProgramme(transaction, "name", row);
  });
  EXPECT_EQ(**LoadProgramme(*db.store->Read(), "name"), row);
  EXPECT_FALSE(LoadProgramme(*db.store->Read(), "other")->has_value());
  EXPECT_FALSE(LoadProgramme(*db.store->Read(), "")->has_value());
}

// What is stored today is read by every later version: keys and the values' bytes are fixed.
TEST(ReleaseRowsGoldenTest, KeysAndValuesAreFixed) {
  testing::MemoryStore db;
  db.Commit([](Transaction& transaction) {
    AddRelease(transaction, Row('1'));
    PutProgramme(transaction, "jurisdictions/ARG/programmes/a", {"p", false, "network", 2});
  });
  const auto reader = db.store->Read();
  std::string key;
  AppendU64(key, 1);
  AppendU32(key, 0);
  EXPECT_EQ(**reader->Get(Table::kReleaseByName, Row('1').name), key);
  EXPECT_EQ(HexEncode(**reader->Get(Table::kRelease, key)),
            "0a3b6a7572697364696374696f6e732f4152472f72656c65617365732f3131313131313131313131313131"
            "31313131313131313131313131313131313110011a07636f6e74656e74221c7370696666653a2f2f617267"
            "2e64656d6f2f706572736f6e2f616e612a20616161616161616161616161616161616161616161616161"
            "61616161616161615003580462036f6e65620374776f6801");
  EXPECT_EQ(HexEncode(**reader->Get(Table::kProgramme, "jurisdictions/ARG/programmes/a")),
            "0a01701a076e6574776f726b2002");
}

}  // namespace
}  // namespace enlace::store
