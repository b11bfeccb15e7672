#include "node/store/channel_table.h"

#include <gtest/gtest.h>

#include "node/store/channel_keys.h"
#include "tests/testing/channel_log.h"

namespace enlace::store {
namespace {

using testing::ChannelLog;

constexpr char kOwn[] = "demo/BRA/training";
constexpr char kMirror[] = "demo/ARG/training";

class ChannelTableTest : public ::testing::Test {
 protected:
  static channel::NewEntry Entry(int number) {
    return {"training.programme", "programme " + std::to_string(number), model::Audience::Network(),
            "payload " + std::to_string(number)};
  }

  Status Append(int count, const std::string& origin = kOwn) {
    std::vector<channel::NewEntry> entries;
    for (int i = 0; i < count; ++i) entries.push_back(Entry(next_++));
    return store_->Write([&](Transaction& transaction) {
      return AppendEntries(transaction, origin, entries, keys_).status();
    });
  }
  ChannelHead Head(const std::string& origin) {
    return LoadChannel(*store_->Read(), origin).value();
  }

  std::vector<StoredEntry> Entries(const std::string& origin, uint64_t first = 0,
                                   uint64_t limit = 1 << 20) {
    std::vector<StoredEntry> entries;
    EXPECT_TRUE(ScanEntries(*store_->Read(), origin, first, limit, [&](const StoredEntry& entry) {
                  entries.push_back(entry);
                  return true;
                }).ok());
    return entries;
  }

  // Pulls one page of `log` into the mirror.
  Status Pull(const ChannelLog& log, uint64_t limit, uint64_t checkpoint) {
    ChannelHead before;
    before.origin = log.origin();
    const auto loaded = LoadChannel(*store_->Read(), log.origin());
    if (loaded.ok()) before = *loaded;
    ENLACE_ASSIGN_OR_RETURN(
        const auto page,
        channel::VerifyPage(
            log.origin(), log.key().public_key(), {before.range, before.checkpoint},
            log.MakePage(before.range.size(), limit, checkpoint, before.checkpoint_size)));
    ChannelHead after = before;
    after.range = page.head.range;
    after.checkpoint = page.head.checkpoint;
    after.checkpoint_size = page.checkpoint_size;
    after.last_pull_time_ms = clock_.NowMs();
    return store_->Write([&](Transaction& transaction) {
      return ApplyMirrorPage(transaction, before, after, page.entries);
    });
  }

  // A wrong row, put past the typed tables.
  void Damage(Table table, const std::string& key, const std::optional<std::string>& value) {
    ASSERT_TRUE(store_
                    ->Write([&](Transaction& transaction) {
                      if (value.has_value()) {
                        transaction.Put(table, key, *value);
                      } else {
                        transaction.Delete(table, key);
                      }
                      return absl::OkStatus();
                    })
                    .ok());
  }
  Reason VerifyReason(const std::string& origin, const crypto::PublicKey& key) {
    return ReasonOf(VerifyStoredChannel(*store_->Read(), origin, key).status());
  }

  ManualClock clock_;
  std::unique_ptr<Store> store_ =
      Store::OpenOnEngine(kv::OpenMemoryEngine(static_cast<size_t>(Table::kCount)), clock_);
  ChannelKeys keys_{crypto::SigningKey::FromSeed(std::string(32, 'b')).value(),
                    std::string(32, 's')};
  int next_ = 0;
};

TEST_F(ChannelTableTest, AnUnknownChannelIsNotFound) {
  EXPECT_EQ(ReasonOf(LoadChannel(*store_->Read(), kOwn).status()), Reason::CHANNEL_NOT_FOUND);
  EXPECT_TRUE(ListChannelHeads(*store_->Read())->empty());
  EXPECT_TRUE(Entries(kOwn).empty());
}

TEST_F(ChannelTableTest, ANewChannelMayBeEmptyAndIsSigned) {
  ASSERT_TRUE(Append(0).ok());
  const ChannelHead head = Head(kOwn);
  EXPECT_TRUE(head.own);
  EXPECT_EQ(channel::OpenCheckpoint(head.checkpoint, kOwn, keys_.signing.public_key()).value(),
            (channel::Checkpoint{kOwn, 0, channel::EmptyRoot()}));
}

TEST_F(ChannelTableTest, EntriesAndTheirCheckpointAppearTogether) {
  ASSERT_TRUE(Append(2).ok());
  ASSERT_TRUE(Append(3).ok());
  const ChannelHead head = Head(kOwn);
  EXPECT_EQ(head.range.size(), 5U);
  const auto checkpoint =
      channel::OpenCheckpoint(head.checkpoint, kOwn, keys_.signing.public_key());
  ASSERT_TRUE(checkpoint.ok());
  EXPECT_EQ(checkpoint->size, 5U);
  EXPECT_EQ(checkpoint->root, head.range.Root());
  EXPECT_EQ(CheckpointAt(*store_->Read(), kOwn, 5)->value(), head.checkpoint);
  EXPECT_TRUE(CheckpointAt(*store_->Read(), kOwn, 2)->has_value());
  EXPECT_FALSE(CheckpointAt(*store_->Read(), kOwn, 3)->has_value());
  const auto entries = Entries(kOwn);
  ASSERT_EQ(entries.size(), 5U);
  for (size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(entries[i].sequence, i);
    EXPECT_EQ(entries[i].payload, "payload " + std::to_string(i));
    EXPECT_EQ(channel::CheckPayload(entries[i].header, entries[i].opening, entries[i].payload),
              absl::OkStatus());
  }
}

TEST_F(ChannelTableTest, AppendTellsTheFirstNewSequence) {
  uint64_t first = 99;
  uint64_t second = 99;
  ASSERT_TRUE(store_
                  ->Write([&](Transaction& transaction) {
                    first = AppendEntries(transaction, kOwn, {Entry(1), Entry(2)}, keys_).value();
                    second = AppendEntries(transaction, kOwn, {Entry(3)}, keys_).value();
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(first, 0U);
  EXPECT_EQ(second, 2U);
  EXPECT_EQ(Head(kOwn).range.size(), 3U);
}

TEST_F(ChannelTableTest, AFailedWriteLeavesNothing) {
  ASSERT_TRUE(Append(1).ok());
  const ChannelHead before = Head(kOwn);
  EXPECT_FALSE(store_
                   ->Write([&](Transaction& transaction) {
                     EXPECT_TRUE(AppendEntries(transaction, kOwn, {Entry(7)}, keys_).ok());
                     return Error(Reason::ENTRY_INVALID, "later step");
                   })
                   .ok());
  channel::NewEntry large = Entry(8);
  large.payload = std::string(channel::kPayloadBytesMax + 1, 'x');
  EXPECT_EQ(ReasonOf(store_->Write([&](Transaction& transaction) {
              return AppendEntries(transaction, kOwn, {Entry(7), large}, keys_).status();
            })),
            Reason::ENTRY_INVALID);
  EXPECT_EQ(Head(kOwn).checkpoint, before.checkpoint);
  EXPECT_EQ(Entries(kOwn).size(), 1U);
}

TEST_F(ChannelTableTest, EqualPayloadsHaveDifferentCommitments) {
  next_ = 5;
  ASSERT_TRUE(Append(1).ok());
  next_ = 5;
  ASSERT_TRUE(Append(1).ok());
  const auto entries = Entries(kOwn);
  EXPECT_EQ(entries[0].payload, entries[1].payload);
  EXPECT_EQ(entries[0].header.subject_tag, entries[1].header.subject_tag);
  EXPECT_NE(entries[0].header.commitment, entries[1].header.commitment);
}

TEST_F(ChannelTableTest, ErasingAPayloadLeavesTheTree) {
  ASSERT_TRUE(Append(3).ok());
  const ChannelHead before = Head(kOwn);
  const auto erase = [&](uint64_t sequence) {
    return store_->Write(
        [&](Transaction& transaction) { return ErasePayload(transaction, kOwn, sequence); });
  };
  ASSERT_TRUE(erase(1).ok());
  ASSERT_TRUE(erase(1).ok());
  const auto entries = Entries(kOwn);
  EXPECT_EQ(entries[1].state, PayloadState::kErased);
  EXPECT_EQ(entries[1].payload, "");
  EXPECT_EQ(entries[1].opening, "");
  EXPECT_EQ(entries[0].state, PayloadState::kPresent);
  EXPECT_EQ(Head(kOwn).range, before.range);
  const auto verified = VerifyStoredChannel(*store_->Read(), kOwn, keys_.signing.public_key());
  ASSERT_TRUE(verified.ok());
  EXPECT_EQ(verified->entries, 3U);
  EXPECT_EQ(verified->payloads, 2U);
  EXPECT_EQ(ReasonOf(erase(3)), Reason::CHANNEL_NOT_FOUND);
}

TEST_F(ChannelTableTest, ScansAPartAndStopsOnRequest) {
  ASSERT_TRUE(Append(10).ok());
  const auto part = Entries(kOwn, 3, 6);
  ASSERT_EQ(part.size(), 3U);
  EXPECT_EQ(part.front().sequence, 3U);
  int visited = 0;
  EXPECT_TRUE(ScanEntries(*store_->Read(), kOwn, 0, 10, [&](const StoredEntry&) {
                return ++visited < 4;
              }).ok());
  EXPECT_EQ(visited, 4);
  EXPECT_TRUE(Entries(kOwn, 6, 3).empty());
}

TEST_F(ChannelTableTest, ChannelsWhoseNamesBeginAlikeDoNotMix) {
  ASSERT_TRUE(Append(2, "demo/BRA/cases/ARG").ok());
  ASSERT_TRUE(Append(1, "demo/BRA/cases/ARGX").ok());
  EXPECT_EQ(Entries("demo/BRA/cases/ARG").size(), 2U);
  const auto heads = ListChannelHeads(*store_->Read());
  ASSERT_EQ(heads->size(), 2U);
  EXPECT_EQ((*heads)[0].origin, "demo/BRA/cases/ARG");
}

TEST_F(ChannelTableTest, AMirrorGrowsByVerifiedPages) {
  const ChannelLog log(kMirror, 200);
  ASSERT_TRUE(Pull(log, 0, 0).ok());
  ASSERT_TRUE(Pull(log, 70, 130).ok());
  ASSERT_TRUE(Pull(log, 90, 150).ok());
  ASSERT_TRUE(Pull(log, 200, 200).ok());
  const ChannelHead head = Head(kMirror);
  EXPECT_FALSE(head.own);
  EXPECT_EQ(head.range.size(), 200U);
  EXPECT_EQ(head.range.Root(), log.RootAt(200));
  EXPECT_EQ(head.last_pull_time_ms, clock_.NowMs());
  const auto verified = VerifyStoredChannel(*store_->Read(), kMirror, log.key().public_key());
  ASSERT_TRUE(verified.ok()) << MessageOf(verified.status());
  EXPECT_EQ(verified->entries, 200U);
  EXPECT_EQ(verified->payloads, 200U);
  EXPECT_EQ(verified->checkpoints, 4U);
  EXPECT_EQ(verified->root, log.RootAt(200));
}

TEST_F(ChannelTableTest, AMirrorDoesNotMoveFromAnOldHead) {
  const ChannelLog log(kMirror, 20);
  ASSERT_TRUE(Pull(log, 5, 5).ok());
  const ChannelHead stale = Head(kMirror);
  ASSERT_TRUE(Pull(log, 9, 9).ok());
  const auto page = channel::VerifyPage(kMirror, log.key().public_key(),
                                        {stale.range, stale.checkpoint}, log.MakePage(5, 9, 9, 5));
  ChannelHead after = stale;
  after.range = page->head.range;
  after.checkpoint = page->head.checkpoint;
  EXPECT_EQ(ReasonOf(store_->Write([&](Transaction& transaction) {
              return ApplyMirrorPage(transaction, stale, after, page->entries);
            })),
            Reason::STORE_CONFLICT);
  EXPECT_EQ(Head(kMirror).range.size(), 9U);
}

TEST_F(ChannelTableTest, AMirrorRefusesEntriesThatDoNotLeadToItsHead) {
  const ChannelLog log(kMirror, 20);
  const auto page = channel::VerifyPage(kMirror, log.key().public_key(), {}, log.MakePage(0, 5, 5));
  ChannelHead before;
  before.origin = kMirror;
  ChannelHead after = before;
  after.range = page->head.range;
  auto entries = page->entries;
  entries.pop_back();
  EXPECT_EQ(ReasonOf(store_->Write([&](Transaction& transaction) {
              return ApplyMirrorPage(transaction, before, after, entries);
            })),
            Reason::ENTRY_INVALID);
  EXPECT_EQ(ReasonOf(LoadChannel(*store_->Read(), kMirror).status()), Reason::CHANNEL_NOT_FOUND);
}

TEST_F(ChannelTableTest, OwnChannelsAreNoMirrorsAndMirrorsAreNotOwn) {
  ASSERT_TRUE(Append(1, kMirror).ok());
  const ChannelLog log(kMirror, 3);
  ChannelHead before;
  before.origin = kMirror;
  EXPECT_EQ(ReasonOf(store_->Write([&](Transaction& transaction) {
              return ApplyMirrorPage(transaction, before, before, {});
            })),
            Reason::STORE_CONFLICT);
  ASSERT_TRUE(Pull(ChannelLog("demo/CHL/training", 3), 3, 3).ok());
  EXPECT_EQ(ReasonOf(Append(1, "demo/CHL/training")), Reason::CHANNEL_STOPPED);
}

TEST_F(ChannelTableTest, EvidenceStopsAChannelAndStays) {
  const ChannelLog log(kMirror, 20);
  ASSERT_TRUE(Pull(log, 5, 5).ok());
  const auto stop = [&](const std::string& origin, const std::string& note) {
    return store_->Write([&](Transaction& transaction) {
      return StopChannel(transaction, origin, {note, "second"});
    });
  };
  ASSERT_TRUE(stop(kMirror, "first").ok());
  ASSERT_TRUE(stop(kMirror, "later").ok());
  EXPECT_EQ(Head(kMirror).evidence, (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(ReasonOf(Pull(log, 9, 9)), Reason::CHANNEL_STOPPED);
  EXPECT_EQ(Entries(kMirror).size(), 5U);
  EXPECT_EQ(ReasonOf(stop("demo/PER/training", "x")), Reason::CHANNEL_NOT_FOUND);
}

TEST_F(ChannelTableTest, ProofsFromStoredSubtreesEqualThoseOverAllLeaves) {
  ASSERT_TRUE(Append(0).ok());
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(Append(11).ok());
  std::vector<Hash> leaves;
  for (const StoredEntry& entry : Entries(kOwn)) {
    leaves.push_back(channel::LeafHash(entry.header.raw));
  }
  const auto reader = store_->Read();
  for (uint64_t size = 1; size <= leaves.size(); size += 7) {
    const std::vector<Hash> part(leaves.begin(),
                                 leaves.begin() + static_cast<std::ptrdiff_t>(size));
    for (uint64_t old_size = 0; old_size <= size; old_size += 5) {
      const auto proof = StoredConsistencyProof(*reader, kOwn, old_size, size);
      ASSERT_TRUE(proof.ok()) << MessageOf(proof.status());
      EXPECT_EQ(*proof, channel::ConsistencyProof(part, old_size)) << old_size << " " << size;
    }
  }
}

TEST_F(ChannelTableTest, VerifyFindsEveryKindOfDamage) {
  for (int i = 0; i < 15; ++i) ASSERT_TRUE(Append(10).ok());
  const auto key = keys_.signing.public_key();
  ASSERT_TRUE(VerifyStoredChannel(*store_->Read(), kOwn, key).ok());
  EXPECT_EQ(VerifyReason(kOwn, crypto::SigningKey::Generate().public_key()),
            Reason::CHECKPOINT_INVALID);
  EXPECT_EQ(VerifyReason("demo/PER/training", key), Reason::CHANNEL_NOT_FOUND);

  struct Case {
    Table table;
    std::string key;
    std::optional<std::string> value;
    Reason expected;
  };
  const auto get = [&](Table table, const std::string& row) {
    return store_->Read()->Get(table, row)->value();
  };
  const std::string payload_7 = get(Table::kEntryPayload, ChannelKey(kOwn, 7));
  const std::string note_10 = get(Table::kCheckpoint, ChannelKey(kOwn, 10));
  const std::vector<Case> cases = {
      {Table::kEntryHeader, ChannelKey(kOwn, 7), get(Table::kEntryHeader, ChannelKey(kOwn, 8)),
       Reason::ENTRY_INVALID},
      {Table::kEntryHeader, ChannelKey(kOwn, 7), std::nullopt, Reason::STORE_CORRUPT},
      {Table::kEntryHeader, ChannelKey(kOwn, 7), "junk", Reason::STORE_CORRUPT},
      {Table::kEntryPayload, ChannelKey(kOwn, 8), payload_7, Reason::ENTRY_INVALID},
      {Table::kEntryPayload, ChannelKey(kOwn, 8), std::nullopt, Reason::STORE_CORRUPT},
      {Table::kEntryHeader, ChannelKey(kOwn, 150), get(Table::kEntryHeader, ChannelKey(kOwn, 8)),
       Reason::STORE_CORRUPT},
      {Table::kCheckpoint, ChannelKey(kOwn, 20), note_10, Reason::STORE_CORRUPT},
      {Table::kChannelNode, ChannelNodeKey(kOwn, 6, 1), std::string(32, 'x'),
       Reason::STORE_CORRUPT},
      {Table::kChannelNode, ChannelNodeKey(kOwn, 7, 0), std::nullopt, Reason::STORE_CORRUPT},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(i);
    const auto before = store_->Read()->Get(cases[i].table, cases[i].key).value();
    Damage(cases[i].table, cases[i].key, cases[i].value);
    EXPECT_EQ(VerifyReason(kOwn, key), cases[i].expected);
    Damage(cases[i].table, cases[i].key, before);
    ASSERT_TRUE(VerifyStoredChannel(*store_->Read(), kOwn, key).ok());
  }
}

TEST_F(ChannelTableTest, VerifyFindsAnOwnerWhoSignedAnotherRoot) {
  ASSERT_TRUE(Append(4).ok());
  const auto before = Head(kOwn);
  // A checkpoint that the owner's key signed for other entries, in the history.
  ASSERT_TRUE(Append(4).ok());
  const std::string forged =
      channel::SignCheckpoint({kOwn, 4, channel::LeafHash("other")}, keys_.signing);
  std::string row = store_->Read()->Get(Table::kCheckpoint, ChannelKey(kOwn, 4))->value();
  row.replace(row.find(before.checkpoint), before.checkpoint.size(), forged);
  Damage(Table::kCheckpoint, ChannelKey(kOwn, 4), row);
  EXPECT_EQ(VerifyReason(kOwn, keys_.signing.public_key()), Reason::CHECKPOINT_INVALID);
}

TEST_F(ChannelTableTest, AProofOverDamagedRowsFails) {
  ASSERT_TRUE(Append(200).ok());
  Damage(Table::kChannelNode, ChannelNodeKey(kOwn, 6, 1), std::nullopt);
  EXPECT_EQ(ReasonOf(StoredConsistencyProof(*store_->Read(), kOwn, 64, 200).status()),
            Reason::STORE_CORRUPT);
  Damage(Table::kEntryHeader, ChannelKey(kOwn, 3), std::nullopt);
  EXPECT_EQ(ReasonOf(StoredConsistencyProof(*store_->Read(), kOwn, 5, 200).status()),
            Reason::STORE_CORRUPT);
}

}  // namespace
}  // namespace enlace::store
