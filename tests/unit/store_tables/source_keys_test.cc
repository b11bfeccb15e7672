#include "node/store/source_keys.h"

#include <gtest/gtest.h>

#include "tests/testing/memory_store.h"

namespace enlace::store {
namespace {

constexpr char kDelivery[] = "00112233445566778899aabbccddeeff";

class SourceKeysTest : public ::testing::Test {
 protected:
  std::string Hash(const std::string& entity, const std::string& key) {
    std::string hash;
    db_.Commit(
        [&](Transaction& t) { hash = SourceKeyHasher::LoadOrMake(t, entity, random_)->Hash(key); });
    return hash;
  }
  StoredCase Add() {
    std::string reference;
    db_.Commit([&](Transaction& t) {
      reference = AddCase(t, "police", model::CaseContent(), random_)->reference;
    });
    return *LoadStoredCase(*db_.store->Read(), reference);
  }
  std::optional<SourceKeyRow> Find(const std::string& hash, const std::string& entity = "police") {
    return *FindBySourceKey(*db_.store->Read(), entity, hash);
  }

  enlace::testing::MemoryStore db_;
  RandomSource random_ = enlace::testing::CountingRandom();
};

TEST_F(SourceKeysTest, KeysAreHashedUnderASecretOfTheEntity) {
  const std::string police = Hash("police", "file-7");
  EXPECT_EQ(police.size(), 16u);
  EXPECT_EQ(police, Hash("police", "file-7"));
  EXPECT_NE(police, Hash("police", "file-8"));
  EXPECT_NE(police, Hash("shelter", "file-7"));
  EXPECT_FALSE(db_.Holds("file-7"));
}

TEST_F(SourceKeysTest, TheSecretIsThereOnceItWasMade) {
  EXPECT_FALSE(SourceKeyHasher::Load(*db_.store->Read(), "police")->has_value());
  const std::string hash = Hash("police", "file-7");
  EXPECT_EQ((*SourceKeyHasher::Load(*db_.store->Read(), "police"))->Hash("file-7"), hash);
  EXPECT_FALSE(SourceKeyHasher::Load(*db_.store->Read(), "shelter")->has_value());
}

TEST_F(SourceKeysTest, AKeyIsFoundByItsOwnEntityOnlyAndLeadsToItsRecord) {
  const StoredCase stored = Add();
  const StoredCase other = Add();
  db_.Commit([&](Transaction& t) { PutSourceKey(t, "police", "hash", stored.first_key); });
  ASSERT_TRUE(Find("hash").has_value());
  EXPECT_TRUE(Find("hash")->IsOf(stored));
  EXPECT_FALSE(Find("hash")->IsOf(other));
  EXPECT_EQ(LoadCaseOf(*db_.store->Read(), *Find("hash"))->record, stored.record);
  EXPECT_FALSE(Find("hash", "shelter").has_value());
}

TEST_F(SourceKeysTest, AKeyLeadsToTheLastRevision) {
  const StoredCase stored = Add();
  db_.Commit([&](Transaction& t) {
    PutSourceKey(t, "police", "hash", stored.first_key);
    ASSERT_TRUE(WithdrawCase(t, stored.record.reference, 1).ok());
  });
  const auto last = LoadCaseOf(*db_.store->Read(), *Find("hash"));
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(last->record.revision, 2u);
  EXPECT_TRUE(Find("hash")->IsOf(*last));
}

TEST_F(SourceKeysTest, AKeyKnowsTheDeliveryThatNamedItLast) {
  const StoredCase stored = Add();
  db_.Commit([&](Transaction& t) { PutSourceKey(t, "police", "hash", stored.first_key); });
  EXPECT_FALSE(Find("hash")->NamedBy(kDelivery));
  db_.Commit(
      [&](Transaction& t) { PutSourceKey(t, "police", "hash", stored.first_key, kDelivery); });
  EXPECT_TRUE(Find("hash")->NamedBy(kDelivery));
  EXPECT_FALSE(Find("hash")->NamedBy("ffeeddccbbaa99887766554433221100"));
  EXPECT_TRUE(Find("hash")->IsOf(stored));
}

TEST_F(SourceKeysTest, RowsOfEarlierProgramsAreRead) {
  const StoredCase stored = Add();
  const std::string key = "police/hash";
  db_.Commit([&](Transaction& t) { t.Put(Table::kCaseBySourceKey, key, stored.record.reference); });
  EXPECT_TRUE(Find("hash")->IsOf(stored));
  EXPECT_FALSE(Find("hash")->NamedBy(kDelivery));
  db_.Commit([&](Transaction& t) {
    t.Put(Table::kCaseBySourceKey, key, stored.record.reference + kDelivery);
  });
  EXPECT_TRUE(Find("hash")->IsOf(stored));
  EXPECT_TRUE(Find("hash")->NamedBy(kDelivery));
  EXPECT_EQ(LoadCaseOf(*db_.store->Read(), *Find("hash"))->record, stored.record);
}

TEST_F(SourceKeysTest, RowsThatCannotBeAreCorruption) {
  for (const size_t size : {0, 11, 13, 21, 31}) {
    db_.Commit([&](Transaction& t) {
      t.Put(Table::kCaseBySourceKey, "police/x", std::string(size, 'x'));
    });
    EXPECT_EQ(ReasonOf(FindBySourceKey(*db_.store->Read(), "police", "x").status()),
              Reason::STORE_CORRUPT)
        << size;
  }
  db_.Commit(
      [](Transaction& t) { t.Put(Table::kCaseBySourceKey, "police/x", std::string(12, 'x')); });
  EXPECT_EQ(ReasonOf(LoadCaseOf(*db_.store->Read(), *Find("x")).status()), Reason::STORE_CORRUPT);
}

}  // namespace
}  // namespace enlace::store
