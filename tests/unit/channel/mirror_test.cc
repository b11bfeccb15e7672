#include "node/channel/mirror.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/testing/channel_log.h"

namespace enlace::channel {
namespace {

using testing::ChannelLog;

constexpr char kOrigin[] = "demo/ARG/training";

class MirrorTest : public ::testing::Test {
 protected:
  StatusOr<VerifiedPage> Verify(const MirrorHead& head, const Page& page) const {
    return VerifyPage(kOrigin, log_.key().public_key(), head, page);
  }
  // Everything up to `size` under a checkpoint of that size.
  MirrorHead HeadAt(uint64_t size) const {
    const auto page = Verify({}, log_.MakePage(0, size, size));
    EXPECT_TRUE(page.ok()) << MessageOf(page.status());
    return page->head;
  }
  void ExpectRefused(const MirrorHead& head, const Page& page, Reason reason) const {
    const auto result = Verify(head, page);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(ReasonOf(result.status()), reason) << MessageOf(result.status());
  }

  ChannelLog log_{kOrigin, 40};
};

TEST_F(MirrorTest, FollowsALogPageByPage) {
  MirrorHead head;
  std::mt19937_64 random(1);
  uint64_t last_checkpoint = 0;
  while (head.range.size() < log_.size()) {
    const uint64_t count = std::min<uint64_t>(1 + random() % 5, log_.size() - head.range.size());
    const uint64_t end = head.range.size() + count;
    // The owner's log grows between the pages.
    const uint64_t checkpoint =
        std::min<uint64_t>(log_.size(), std::max(end, last_checkpoint) + random() % 4);
    const auto page =
        Verify(head, log_.MakePage(head.range.size(), end, checkpoint, last_checkpoint));
    ASSERT_TRUE(page.ok()) << MessageOf(page.status());
    EXPECT_EQ(page->entries.size(), count);
    EXPECT_EQ(page->checkpoint_size, checkpoint);
    EXPECT_EQ(page->head.checkpoint, log_.CheckpointAt(checkpoint));
    for (const VerifiedEntry& entry : page->entries) {
      EXPECT_EQ(entry.header.raw, log_.entry(entry.sequence).header);
      EXPECT_EQ(entry.payload, log_.entry(entry.sequence).payload);
    }
    head = page->head;
    last_checkpoint = checkpoint;
  }
  EXPECT_EQ(head.range.Root(), log_.RootAt(log_.size()));
}

TEST_F(MirrorTest, AcceptsTheEmptyLogAndTheEmptyPage) {
  const auto empty = Verify({}, log_.MakePage(0, 0, 0));
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ(empty->head.checkpoint, log_.CheckpointAt(0));
  EXPECT_TRUE(Verify(HeadAt(7), log_.MakePage(7, 7, 7, 7)).ok());
  const auto behind = Verify(HeadAt(7), log_.MakePage(7, 7, 20, 7));
  ASSERT_TRUE(behind.ok());
  EXPECT_EQ(behind->head.range.size(), 7U);
  EXPECT_EQ(behind->checkpoint_size, 20U);
}

TEST_F(MirrorTest, KeepsPayloadStatesApart) {
  Page page = log_.MakePage(0, 3, 3);
  page.entries[0].state = 2;
  page.entries[0].payload = page.entries[0].opening = "";
  page.entries[1].state = 3;
  page.entries[1].payload = page.entries[1].opening = "";
  const auto verified = Verify({}, page);
  ASSERT_TRUE(verified.ok());
  EXPECT_EQ(verified->entries[0].state, PayloadState::kWithheld);
  EXPECT_EQ(verified->entries[1].state, PayloadState::kErased);
  EXPECT_EQ(verified->entries[2].state, PayloadState::kPresent);
}

TEST_F(MirrorTest, HoldsEntriesAgainstTheirAudience) {
  ChannelLog log(kOrigin, 0);
  log.Grow(1, 1, model::Audience::Parse("BRA").value());
  log.Grow(1, 2, model::Audience::Parse("CHL").value());
  log.Grow(1, 3, model::Audience::Nobody());
  log.Grow(1, 4);
  auto page = VerifyPage(kOrigin, log.key().public_key(), {}, log.MakePage(0, 4, 4));
  ASSERT_TRUE(page.ok());
  std::vector<VerifiedEntry>& entries = page->entries;
  EXPECT_EQ(EnforceAudience("BRA", entries).value(), 2U);
  EXPECT_EQ(entries[0].state, PayloadState::kPresent);
  for (const size_t i : {1U, 2U}) {
    EXPECT_EQ(entries[i].state, PayloadState::kWithheld);
    EXPECT_EQ(entries[i].payload + entries[i].opening, "");
  }
  EXPECT_EQ(entries[3].state, PayloadState::kPresent);
  // Again there is nothing to drop; erased is erased; kept back is refused.
  EXPECT_EQ(EnforceAudience("BRA", entries).value(), 0U);
  entries[3].state = PayloadState::kErased;
  EXPECT_EQ(EnforceAudience("BRA", entries).value(), 0U);
  entries[3].state = PayloadState::kWithheld;
  EXPECT_EQ(ReasonOf(EnforceAudience("BRA", entries).status()), Reason::ENTRY_INVALID);
  // Of a version that is not understood nothing is judged.
  entries[3].header.schema_version = kHeaderVersion + 1;
  EXPECT_EQ(EnforceAudience("BRA", entries).value(), 0U);
}

TEST_F(MirrorTest, RefusesEntriesOutOfOrder) {
  Page page = log_.MakePage(0, 4, 4);
  std::swap(page.entries[1], page.entries[2]);
  ExpectRefused({}, page, Reason::ENTRY_INVALID);
  // Renumbered to look right, the order is still under the hash.
  std::swap(page.entries[1].sequence, page.entries[2].sequence);
  ExpectRefused({}, page, Reason::PROOF_INVALID);
}

TEST_F(MirrorTest, RefusesGapsRepeatsAndReplayedPages) {
  Page gap = log_.MakePage(0, 4, 4);
  gap.entries.erase(gap.entries.begin() + 1);
  ExpectRefused({}, gap, Reason::ENTRY_INVALID);
  Page repeat = log_.MakePage(0, 4, 4);
  repeat.entries[2] = repeat.entries[1];
  ExpectRefused({}, repeat, Reason::ENTRY_INVALID);
  ExpectRefused(HeadAt(4), log_.MakePage(0, 4, 4), Reason::ENTRY_INVALID);
  ExpectRefused(HeadAt(4), log_.MakePage(8, 12, 12, 4), Reason::ENTRY_INVALID);
}

TEST_F(MirrorTest, RefusesAForgedEntry) {
  Page page = log_.MakePage(0, 4, 4);
  page.entries[2] = ChannelLog(kOrigin, 4, 99).MakePage(0, 4, 4).entries[2];
  ExpectRefused({}, page, Reason::PROOF_INVALID);
}

TEST_F(MirrorTest, RefusesAChangedHeaderPayloadOrOpening) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 200; ++round) {
    Page page = log_.MakePage(0, 4, 4);
    PageEntry& entry = page.entries[random() % 4];
    std::string& bytes = round % 3 == 0   ? entry.header
                         : round % 3 == 1 ? entry.payload
                                          : entry.opening;
    bytes[random() % bytes.size()] ^= static_cast<char>(1 << (random() % 8));
    EXPECT_FALSE(Verify({}, page).ok());
  }
}

TEST_F(MirrorTest, RefusesStatesThatDoNotFit) {
  Page page = log_.MakePage(0, 2, 2);
  page.entries[1].state = 2;  // Withheld, yet there.
  ExpectRefused({}, page, Reason::ENTRY_INVALID);
  page.entries[1].state = 0;
  ExpectRefused({}, page, Reason::ENTRY_INVALID);
  page.entries[1].state = 4;
  ExpectRefused({}, page, Reason::ENTRY_INVALID);
  page.entries[1].state = 1;
  page.entries[1].payload = "";  // There, yet not.
  ExpectRefused({}, page, Reason::ENTRY_INVALID);
}

TEST_F(MirrorTest, RefusesAnotherAuthor) {
  // Everything right, but signed by someone else, or of another channel.
  ExpectRefused({}, ChannelLog(kOrigin, 4, 1, 'x').MakePage(0, 4, 4), Reason::CHECKPOINT_INVALID);
  ExpectRefused({}, ChannelLog("demo/ARG/statistics", 4).MakePage(0, 4, 4),
                Reason::CHECKPOINT_INVALID);
  ExpectRefused({}, ChannelLog("demo/BRA/training", 4).MakePage(0, 4, 4),
                Reason::CHECKPOINT_INVALID);
}

TEST_F(MirrorTest, RefusesEntriesBeyondTheCheckpoint) {
  Page page = log_.MakePage(0, 6, 6);
  page.checkpoint = log_.CheckpointAt(5);
  ExpectRefused({}, page, Reason::PROOF_INVALID);
}

TEST_F(MirrorTest, RefusesAnOlderCheckpoint) {
  // A replay of the past, or a log that was cut and signed again.
  ExpectRefused(HeadAt(10), log_.MakePage(10, 10, 9), Reason::CHECKPOINT_INVALID);
  const MirrorHead ahead = Verify({}, log_.MakePage(0, 3, 20))->head;
  ExpectRefused(ahead, log_.MakePage(3, 6, 19), Reason::CHECKPOINT_INVALID);
}

TEST_F(MirrorTest, TakesTwoRootsOfOneSizeAsEvidence) {
  const ChannelLog other(kOrigin, 40, 99);
  ExpectRefused(HeadAt(10), other.MakePage(10, 10, 10), Reason::CHECKPOINT_INCONSISTENT);
}

TEST_F(MirrorTest, TakesARewrittenPastAsEvidenceOnceItIsProved) {
  // The mirror saw a checkpoint of 20 but holds 3; the other history shares those 3.
  const ChannelLog other = log_.ForkAt(5);
  MirrorHead head = Verify({}, log_.MakePage(0, 3, 20))->head;
  // Its pages cannot be proved consistent with what was seen: refused, no evidence yet.
  ExpectRefused(head, other.MakePage(3, 10, 30, 20), Reason::PROOF_INVALID);
  // When it shows everything up to the size that was seen, it has convicted itself.
  ExpectRefused(head, other.MakePage(3, 25, 30, 20), Reason::CHECKPOINT_INCONSISTENT);
  ExpectRefused(head, other.MakePage(3, 20, 30, 20), Reason::CHECKPOINT_INCONSISTENT);
}

TEST_F(MirrorTest, DoesNotAccuseTheOwnerBecauseOfABadProof) {
  Page page = log_.MakePage(0, 4, 20);
  page.consistency_proof[0][0] ^= 1;
  ExpectRefused({}, page, Reason::PROOF_INVALID);
  const MirrorHead head = Verify({}, log_.MakePage(0, 4, 20))->head;
  page = log_.MakePage(4, 8, 30, 20);
  page.checkpoint_proof[0][0] ^= 1;
  ExpectRefused(head, page, Reason::PROOF_INVALID);
  page.checkpoint_proof.clear();
  ExpectRefused(head, page, Reason::PROOF_INVALID);
}

TEST_F(MirrorTest, DoesNotAccuseTheOwnerBecauseOfItsOwnDamage) {
  MirrorHead head = HeadAt(10);
  head.range.Append(LeafHash("a stray row"));
  ExpectRefused(head, log_.MakePage(11, 12, 12, 10), Reason::STORE_CORRUPT);
  head = HeadAt(10);
  head.range = *CompactRange::FromParts(10, std::vector<Hash>(2));
  ExpectRefused(head, log_.MakePage(10, 12, 12, 10), Reason::STORE_CORRUPT);
}

TEST_F(MirrorTest, RefusesProofsOfWrongShape) {
  Page page = log_.MakePage(0, 4, 20);
  const auto good = page.consistency_proof;
  page.consistency_proof = std::vector<std::string>(100'000, std::string(32, 'x'));
  ExpectRefused({}, page, Reason::PROOF_INVALID);
  page.consistency_proof = good;
  page.consistency_proof[0].pop_back();
  ExpectRefused({}, page, Reason::PROOF_INVALID);
  page.consistency_proof = good;
  page.consistency_proof.push_back(good[0]);
  ExpectRefused({}, page, Reason::PROOF_INVALID);
  page.consistency_proof = good;
  page.consistency_proof.pop_back();
  ExpectRefused({}, page, Reason::PROOF_INVALID);
}

TEST_F(MirrorTest, RefusesAPageThatIsTooLong) {
  const ChannelLog log(kOrigin, kPageEntriesMax + 1);
  const auto size = kPageEntriesMax;
  EXPECT_TRUE(Verify({}, log.MakePage(0, size, size)).ok());
  ExpectRefused({}, log.MakePage(0, size + 1, size + 1), Reason::ENTRY_INVALID);
}

TEST_F(MirrorTest, RefusesAnotherRootOfAnEmptyLog) {
  Page page;
  page.checkpoint = SignCheckpoint({kOrigin, 0, LeafHash("x")}, log_.key());
  ExpectRefused({}, page, Reason::CHECKPOINT_INVALID);
}

TEST_F(MirrorTest, ComparesCheckpointsOfOneSize) {
  const auto compare = [&](const std::string& a, const std::string& b) {
    return ReasonOf(CompareCheckpoints(kOrigin, log_.key().public_key(), a, b));
  };
  const ChannelLog other(kOrigin, 40, 99);
  EXPECT_TRUE(CompareCheckpoints(kOrigin, log_.key().public_key(), log_.CheckpointAt(3),
                                 log_.CheckpointAt(3))
                  .ok());
  EXPECT_TRUE(CompareCheckpoints(kOrigin, log_.key().public_key(), log_.CheckpointAt(3),
                                 other.CheckpointAt(4))
                  .ok());
  EXPECT_EQ(compare(log_.CheckpointAt(3), other.CheckpointAt(3)), Reason::CHECKPOINT_INCONSISTENT);
  EXPECT_EQ(compare(log_.CheckpointAt(3), "junk"), Reason::CHECKPOINT_INVALID);
}

TEST_F(MirrorTest, NeverMovesOnARandomlyDamagedPage) {
  const uint64_t seed = 20260101;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  const MirrorHead head = Verify({}, log_.MakePage(0, 3, 12))->head;
  const Page good = log_.MakePage(3, 9, 30, 12);
  ASSERT_TRUE(Verify(head, good).ok());
  for (int round = 0; round < 2000; ++round) {
    Page bad = good;
    switch (random() % 6) {
      case 0:
        bad.entries[random() % 6].sequence ^= uint64_t{1} << (random() % 64);
        break;
      case 1:
        bad.entries[random() % 6].header[random() % 20] ^= 1;
        break;
      case 2:
        bad.entries.pop_back();
        break;
      case 3:
        bad.checkpoint[random() % bad.checkpoint.size()] ^= 4;
        break;
      case 4:
        bad.consistency_proof[random() % bad.consistency_proof.size()][random() % 32] ^= 1;
        break;
      default:
        bad.checkpoint_proof[random() % bad.checkpoint_proof.size()][random() % 32] ^= 1;
    }
    EXPECT_FALSE(Verify(head, bad).ok()) << round;
  }
}

}  // namespace
}  // namespace enlace::channel
