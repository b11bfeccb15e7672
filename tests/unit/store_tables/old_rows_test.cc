// Rows of earlier programs, tests/golden/national_rows_old.txt: read as they are, and gone on from.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "node/base/bytes.h"
#include "node/model/attributes.h"
#include "node/store/case_table.h"
#include "node/store/delivery_table.h"
#include "node/store/source_keys.h"
#include "node/store/verify.h"
#include "tests/testing/memory_store.h"

namespace enlace::store {
namespace {

using model::CaseState;

const BatchId kBatch{"police", "00112233445566778899aabbccddeeff"};

class OldRowsTest : public ::testing::Test {
 protected:
  OldRowsTest() {
    content_.registration_year = 2020;
    content_.registration_quarter = 3;
    content_.singles[model::kSex] = {2, model::Missing::kNone};
    content_.singles[model::kAgeBand] = {0, model::Missing::kUnknown};
    content_.sets[model::kForms] = {0b0110, 0b1000, model::Missing::kNotApplicable};
    // New rows must come behind those of the file, which were written by commits 1 and 2.
    for (int i = 0; i < 5; ++i) {
      db_.Commit([](Transaction& t) { t.Put(Table::kMeta, "commits", "some"); });
    }
    std::ifstream file(ENLACE_SOURCE_DIR "/tests/golden/national_rows_old.txt");
    EXPECT_TRUE(file.good());
    const auto names = TableNames();
    db_.Commit([&](Transaction& t) {
      for (std::string line; std::getline(file, line);) {
        if (line.starts_with('#')) continue;
        std::istringstream words(line);
        std::string table, key, value;
        words >> table >> key >> value;
        const auto at = std::find(names.begin(), names.end(), table);
        ASSERT_NE(at, names.end()) << table;
        t.Put(static_cast<Table>(at - names.begin()), *HexDecode(key), *HexDecode(value));
      }
    });
  }
  StatusOr<model::CaseRecord> Write(
      const std::function<StatusOr<model::CaseRecord>(Transaction&)>& change) {
    StatusOr<model::CaseRecord> record;
    db_.Commit([&](Transaction& t) { record = change(t); });
    return record;
  }
  std::string SourceHash(const std::string& key) {
    return (*SourceKeyHasher::Load(*db_.store->Read(), "police"))->Hash(key);
  }

  enlace::testing::MemoryStore db_;
  RandomSource random_ = enlace::testing::CountingRandom();
  model::CaseContent content_;
  const std::string reference_ = *HexDecode("000000000000000208090a0b0c0d0e0f");
};

TEST_F(OldRowsTest, ARecordReadsBackInAllItsRevisions) {
  const auto history = LoadCaseHistory(*db_.store->Read(), reference_);
  ASSERT_TRUE(history.ok()) << history.status();
  ASSERT_EQ(history->size(), 2u);
  EXPECT_EQ((*history)[0].content, content_);
  EXPECT_EQ((*history)[0].state, CaseState::kActive);
  EXPECT_EQ((*history)[1].content, content_);
  EXPECT_EQ((*history)[1].state, CaseState::kWithdrawn);
  EXPECT_EQ(*LoadCase(*db_.store->Read(), reference_), (*history)[1]);
  EXPECT_EQ(*LoadCaseAsOf(*db_.store->Read(), reference_, (*history)[0].update_time_ms),
            (*history)[0]);
}

TEST_F(OldRowsTest, EveryRowVerifies) { EXPECT_TRUE(VerifyEveryRow(*db_.store->Read()).ok()); }

TEST_F(OldRowsTest, AScanShowsTheRecordBesideNewOnes) {
  const auto added = Write([&](Transaction& t) { return AddCase(t, "police", content_, random_); });
  ASSERT_TRUE(added.ok());
  const auto page = ListCases(*db_.store->Read(), "police", {});
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->records.size(), 2u);
  EXPECT_EQ(page->records[0].reference, reference_);
  EXPECT_EQ(page->records[1], *added);
}

TEST_F(OldRowsTest, ItsSourceKeysLeadToTheRecord) {
  const auto found = *FindBySourceKey(*db_.store->Read(), "police", SourceHash("key-2"));
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->NamedBy(kBatch.id));
  EXPECT_EQ(LoadCaseOf(*db_.store->Read(), *found)->record.reference, reference_);
}

TEST_F(OldRowsTest, ADeliveredRowIsKnownByItsHash) {
  db_.Commit([&](Transaction& t) {
    const auto account = *OpenBatch(t, kBatch, "ctdc-kanon-2020", BatchSubject::kCaseRecords);
    const auto row = *BatchRows(t, kBatch).Find(1, account);
    ASSERT_TRUE(row.has_value());
    EXPECT_EQ(row->subject, reference_);
    EXPECT_EQ(row->content_hash, *CaseRowHash(t, reference_, content_, SourceHash("key-1")));
    model::CaseContent other = content_;
    other.registration_year = 2021;
    EXPECT_NE(row->content_hash, *CaseRowHash(t, reference_, other, SourceHash("key-1")));
  });
}

TEST_F(OldRowsTest, ErasureEmptiesThemAndEndsTheirHashes) {
  const auto erased = Write([&](Transaction& t) { return EraseCase(t, reference_, 3); });
  ASSERT_TRUE(erased.ok()) << erased.status();
  EXPECT_EQ(erased->revision, 3u);
  const std::string salt = *HexDecode("000000000000000308090a0b0c0d0e0f");
  EXPECT_FALSE(db_.Holds(salt));
  size_t revisions = 0;
  ASSERT_TRUE(ScanCaseRevisions(*db_.store->Read(), [&](const model::CaseRecord& record) {
                EXPECT_EQ(record.state, CaseState::kErased);
                EXPECT_TRUE(record.content.singles.empty());
                EXPECT_EQ(record.reference, reference_);
                ++revisions;
                return true;
              }).ok());
  EXPECT_EQ(revisions, 3u);
  EXPECT_EQ(*CaseRowHash(*db_.store->Read(), reference_, content_, ""), "");
}

}  // namespace
}  // namespace enlace::store
