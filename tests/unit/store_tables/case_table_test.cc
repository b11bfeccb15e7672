#include "node/store/case_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "node/model/attributes.h"
#include "node/model/case_wire.h"
#include "tests/testing/memory_store.h"

namespace enlace::store {
namespace {

using model::CaseContent;
using model::CaseRecord;
using model::CaseState;

CaseContent Content(uint32_t year, uint32_t sex = 1) {
  CaseContent content;
  content.registration_year = year;
  content.registration_quarter = 2;
  content.singles[model::kSex] = {sex, model::Missing::kNone};
  content.sets[model::kForms] = {0b0110, 0b1000, model::Missing::kUnknown};
  return content;
}

class CaseTableTest : public ::testing::Test {
 protected:
  CaseRecord Add(const CaseContent& content, const std::string& entity = "police") {
    CaseRecord record;
    db_.Commit([&](Transaction& transaction) {
      record = *AddCase(transaction, entity, content, random_);
    });
    return record;
  }
  StatusOr<CaseRecord> Write(const std::function<StatusOr<CaseRecord>(Transaction&)>& change) {
    CaseRecord record;
    const Status status = db_.store->Write([&](Transaction& transaction) -> Status {
      ENLACE_ASSIGN_OR_RETURN(record, change(transaction));
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return record;
  }
  StatusOr<CaseRecord> Correct(const std::string& reference, const CaseContent& content) {
    return Write([&](Transaction& t) { return CorrectCase(t, reference, content, 1); });
  }
  StatusOr<CaseRecord> Withdraw(const std::string& reference) {
    return Write([&](Transaction& t) { return WithdrawCase(t, reference, 2); });
  }
  StatusOr<CaseRecord> Erase(const std::string& reference) {
    return Write([&](Transaction& t) { return EraseCase(t, reference, 3); });
  }
  StatusOr<CaseRecord> Load(const std::string& reference) {
    return LoadCase(*db_.store->Read(), reference);
  }
  StatusOr<CaseRecord> AsOf(const std::string& reference, int64_t ms) {
    return LoadCaseAsOf(*db_.store->Read(), reference, ms);
  }

  enlace::testing::MemoryStore db_;
  RandomSource random_ = enlace::testing::CountingRandom();
};

TEST_F(CaseTableTest, AStoredRecordReadsBackWhole) {
  const CaseRecord record = Add(Content(2020));
  EXPECT_EQ(record.revision, 1u);
  EXPECT_EQ(record.create_time_ms, db_.clock.NowMs());
  const auto loaded = Load(record.reference);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(*loaded, record);
}

TEST_F(CaseTableTest, EqualContentsAreDifferentPeople) {
  EXPECT_NE(Add(Content(2020)).reference, Add(Content(2020)).reference);
}

TEST_F(CaseTableTest, UnknownAndMalformedReferencesAreNotFound) {
  Add(Content(2020));
  EXPECT_EQ(ReasonOf(Load(std::string(16, 'x')).status()), Reason::CASE_NOT_FOUND);
  EXPECT_EQ(ReasonOf(Load("").status()), Reason::CASE_NOT_FOUND);
  EXPECT_EQ(ReasonOf(Load(std::string(17, 'x')).status()), Reason::CASE_NOT_FOUND);
}

TEST_F(CaseTableTest, CorrectionKeepsEveryEarlierRevision) {
  const CaseRecord first = Add(Content(2020));
  const int64_t first_ms = db_.clock.NowMs();
  db_.clock.AdvanceMs(1000);
  const auto second = Correct(first.reference, Content(2021, 2));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->revision, 2u);
  EXPECT_EQ(second->reason, 1u);
  EXPECT_EQ(second->create_time_ms, first_ms);
  EXPECT_EQ(*Load(first.reference), *second);
  EXPECT_EQ(*AsOf(first.reference, first_ms + 999), first);
  EXPECT_EQ(*AsOf(first.reference, first_ms + 1000), *second);
  EXPECT_EQ(ReasonOf(AsOf(first.reference, first_ms - 1).status()), Reason::CASE_NOT_FOUND);
  EXPECT_THAT(*LoadCaseHistory(*db_.store->Read(), first.reference),
              ::testing::ElementsAre(first, *second));
  EXPECT_EQ(ReasonOf(LoadCaseHistory(*db_.store->Read(), std::string(16, 'x')).status()),
            Reason::CASE_NOT_FOUND);
}

TEST_F(CaseTableTest, TimesOfARecordNeverGoBack) {
  const CaseRecord first = Add(Content(2020));
  db_.clock.SetWallMs(db_.clock.NowMs() - 86'400'000);
  const auto second = Correct(first.reference, Content(2021));
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->update_time_ms, first.update_time_ms);
  EXPECT_EQ(*AsOf(first.reference, first.update_time_ms), *second);
}

TEST_F(CaseTableTest, WithdrawnRecordsKeepContentAndTakeNoChange) {
  const CaseRecord first = Add(Content(2020));
  const auto withdrawn = Withdraw(first.reference);
  ASSERT_TRUE(withdrawn.ok());
  EXPECT_EQ(withdrawn->state, CaseState::kWithdrawn);
  EXPECT_EQ(withdrawn->content, first.content);
  EXPECT_EQ(ReasonOf(Correct(first.reference, Content(2021)).status()), Reason::CASE_WITHDRAWN);
  EXPECT_EQ(ReasonOf(Withdraw(first.reference).status()), Reason::CASE_WITHDRAWN);
}

TEST_F(CaseTableTest, ErasureEmptiesAllRevisionsAndLeavesATombstone) {
  const CaseRecord first = Add(Content(2020));
  db_.clock.AdvanceMs(1000);
  ASSERT_TRUE(Correct(first.reference, Content(2021, 2)).ok());
  db_.clock.AdvanceMs(1000);
  const auto erased = Erase(first.reference);
  ASSERT_TRUE(erased.ok()) << erased.status();
  EXPECT_EQ(erased->state, CaseState::kErased);
  EXPECT_EQ(erased->revision, 3u);
  EXPECT_EQ(erased->reason, 3u);
  size_t revisions = 0;
  ASSERT_TRUE(ScanCaseRevisions(*db_.store->Read(), [&](const CaseRecord& record) {
                ++revisions;
                EXPECT_EQ(record.state, CaseState::kErased);
                EXPECT_EQ(record.entity, "police");
                EXPECT_TRUE(record.content.singles.empty());
                EXPECT_TRUE(record.content.sets.empty());
                EXPECT_EQ(record.content.registration_year, 0u);
                EXPECT_EQ(record.content.registration_quarter, 0u);
                EXPECT_EQ(record.content.codelist_version, 0u);
                return true;
              }).ok());
  EXPECT_EQ(revisions, 3u);
  EXPECT_EQ(AsOf(first.reference, first.create_time_ms)->state, CaseState::kErased);
}

TEST_F(CaseTableTest, ErasureLeavesNoAttributeBytesInAnyRow) {
  // A pattern of set bits that nothing else in the store makes.
  CaseContent content = Content(2020);
  content.sets[model::kForms] = {0x2bad5eed2bad5eecULL, 0x1000000000000002ULL,
                                 model::Missing::kUnknown};
  std::string canary;
  for (uint32_t code = 0; code < 64; ++code) {
    if (((content.sets[model::kForms].affirmed >> code) & 1U) != 0) {
      canary.push_back(static_cast<char>(code));
    }
  }
  const CaseRecord record = Add(content);
  ASSERT_TRUE(Correct(record.reference, content).ok());
  ASSERT_TRUE(db_.Holds(canary));
  ASSERT_TRUE(Erase(record.reference).ok());
  EXPECT_FALSE(db_.Holds(canary));
}

TEST_F(CaseTableTest, ErasingAgainReturnsTheSameTombstone) {
  const CaseRecord record = Add(Content(2020));
  const auto once = Erase(record.reference);
  db_.clock.AdvanceMs(5000);
  const auto twice = Erase(record.reference);
  ASSERT_TRUE(once.ok() && twice.ok());
  EXPECT_EQ(*once, *twice);
  EXPECT_EQ(ReasonOf(Correct(record.reference, Content(2021)).status()), Reason::CASE_ERASED);
}

TEST_F(CaseTableTest, AWithdrawnRecordCanBeErased) {
  const CaseRecord record = Add(Content(2020));
  ASSERT_TRUE(Withdraw(record.reference).ok());
  EXPECT_EQ(Erase(record.reference)->state, CaseState::kErased);
}

TEST_F(CaseTableTest, RevisionsHaveALimitThatErasureMayPass) {
  const CaseRecord record = Add(Content(2020));
  db_.Commit([&](Transaction& transaction) {
    for (uint32_t i = 1; i < kCaseRevisionsMax; ++i) {
      ASSERT_TRUE(CorrectCase(transaction, record.reference, Content(2020), 1).ok());
    }
  });
  EXPECT_EQ(ReasonOf(Correct(record.reference, Content(2021)).status()), Reason::STORE_LIMIT);
  EXPECT_EQ(Erase(record.reference)->revision, kCaseRevisionsMax + 1);
}

TEST_F(CaseTableTest, ListingIsByEntityInOrderOfFirstCommitEachRecordOnce) {
  std::vector<std::string> mine;
  for (uint32_t i = 0; i < 7; ++i) {
    mine.push_back(Add(Content(2015 + i)).reference);
    Add(Content(2015 + i), "shelter");
  }
  ASSERT_TRUE(Correct(mine[1], Content(2001)).ok());
  ASSERT_TRUE(Withdraw(mine[2]).ok());
  ASSERT_TRUE(Erase(mine[3]).ok());
  std::vector<std::string> seen;
  CaseListOptions options;
  options.records_max = 2;
  size_t pages = 0;
  do {
    const auto page = ListCases(*db_.store->Read(), "police", options);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& record : page->records) {
      EXPECT_EQ(record, *Load(record.reference));
      seen.push_back(record.reference);
    }
    options.cursor = page->next_cursor;
    ASSERT_LT(++pages, 20u);
    // A correction between two pages moves nothing.
    ASSERT_TRUE(Correct(mine[0], Content(2001)).ok());
  } while (!options.cursor.empty());
  EXPECT_EQ(seen, mine);
}

TEST_F(CaseTableTest, APageScansABoundedNumberOfRowsAndGoesOn) {
  for (int i = 0; i < 10; ++i) Add(Content(2020), "shelter");
  const CaseRecord mine = Add(Content(2020));
  CaseListOptions options;
  options.rows_scanned_max = 4;
  const auto first = ListCases(*db_.store->Read(), "police", options);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first->records.empty());
  ASSERT_FALSE(first->next_cursor.empty());
  options.cursor =
      ListCases(*db_.store->Read(), "police", {first->next_cursor, 100, 4, 0})->next_cursor;
  const auto last = ListCases(*db_.store->Read(), "police", options);
  ASSERT_EQ(last->records.size(), 1u);
  EXPECT_EQ(last->records[0], mine);
  EXPECT_TRUE(last->next_cursor.empty());
}

TEST_F(CaseTableTest, ListingByYearLooksAtTheLastRevision) {
  const CaseRecord record = Add(Content(2020));
  Add(Content(2021));
  ASSERT_TRUE(Correct(record.reference, Content(2022)).ok());
  CaseListOptions options;
  options.registration_year = 2022;
  const auto page = ListCases(*db_.store->Read(), "police", options);
  ASSERT_EQ(page->records.size(), 1u);
  EXPECT_EQ(page->records[0].reference, record.reference);
}

TEST_F(CaseTableTest, ReferencesOfOneWriteHaveNothingInCommon) {
  std::set<std::string> prefixes;
  db_.Commit([&](Transaction& transaction) {
    CaseAdder adder = *CaseAdder::Open(transaction, "police", random_);
    for (int i = 0; i < 1000; ++i) {
      const auto added = adder.Add(model::ContentWire(Content(2020)));
      ASSERT_TRUE(added.ok());
      prefixes.insert(added->reference.substr(0, 8));
    }
  });
  EXPECT_EQ(prefixes.size(), 1000u);
}

TEST_F(CaseTableTest, AReferenceOfAnotherHistoryOfTheStoreFindsNothing) {
  // The same store, put back to before its last record, gives that place to somebody else.
  Add(Content(2020));
  const CaseRecord lost = Add(Content(2021));
  const std::string secret = **db_.store->Read()->Get(Table::kSecret, "case-reference");
  enlace::testing::MemoryStore other;
  CaseRecord found;
  other.Commit([&](Transaction& t) { t.Put(Table::kSecret, "case-reference", secret); });
  other.Commit([&](Transaction& t) {
    const RandomSource random = [](size_t count) { return std::string(count, 'n'); };
    found = *AddCase(t, "police", Content(2022), random);
  });
  EXPECT_EQ(*LoadCase(*other.store->Read(), found.reference), found);
  EXPECT_EQ(LoadStoredCase(*other.store->Read(), found.reference)->key,
            LoadStoredCase(*db_.store->Read(), lost.reference)->key);
  EXPECT_EQ(ReasonOf(LoadCase(*other.store->Read(), lost.reference).status()),
            Reason::CASE_NOT_FOUND);
}

TEST_F(CaseTableTest, ARevisionIsFoundByTheKeyThatOtherRowsName) {
  const CaseRecord first = Add(Content(2020));
  const auto second = Correct(first.reference, Content(2021));
  ASSERT_TRUE(second.ok());
  const auto last = LoadStoredCase(*db_.store->Read(), first.reference);
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(last->record, *second);
  EXPECT_EQ(LoadCaseRevision(*db_.store->Read(), last->key)->record, *second);
  EXPECT_EQ(LoadCaseRevision(*db_.store->Read(), last->first_key)->record, first);
  EXPECT_EQ(LoadCaseRevision(*db_.store->Read(), last->key)->first_key, last->first_key);
  EXPECT_EQ(ReasonOf(LoadCaseRevision(*db_.store->Read(), "000000000001").status()),
            Reason::STORE_CORRUPT);
}

TEST_F(CaseTableTest, AnIndexThatLeadsNowhereIsCorruption) {
  const CaseRecord record = Add(Content(2020));
  db_.Commit([&](Transaction& transaction) {
    std::string key = record.reference;
    AppendU32(key, 2);
    transaction.Put(Table::kCaseByReference, key, "nowhere");
  });
  EXPECT_EQ(ReasonOf(Load(record.reference).status()), Reason::STORE_CORRUPT);
}

TEST_F(CaseTableTest, ARowThatDoesNotDecodeIsCorruption) {
  db_.Commit([&](Transaction& transaction) {
    transaction.Put(Table::kCaseRevision, "000000000001", "\xff\xff");
  });
  EXPECT_EQ(ReasonOf(ListCases(*db_.store->Read(), "police", {}).status()), Reason::STORE_CORRUPT);
  EXPECT_EQ(ReasonOf(ScanCaseRevisions(*db_.store->Read(), [](const CaseRecord&) { return true; })),
            Reason::STORE_CORRUPT);
}

}  // namespace
}  // namespace enlace::store
