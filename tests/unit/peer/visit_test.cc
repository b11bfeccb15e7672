#include "node/peer/visit.h"

#include <gtest/gtest.h>

#include "tests/testing/channel_log.h"

// One visit, with the peer's answers written by the test.
namespace enlace::peer {
namespace {

namespace pb = enlace::federation::v1;
using testing::ChannelLog;

constexpr char kOrigin[] = "demo/ARG/training";

// Answers from logs in memory; each part can be bent by the test.
class ScriptedPeer final : public PeerCaller {
 public:
  Status Call(std::string_view method, const google::protobuf::Message& request,
              google::protobuf::Message& response, int64_t timeout_ms) override {
    last_timeout_ms = timeout_ms;
    if (method.ends_with("/ListPeerChannels")) {
      ++lists;
      ENLACE_RETURN_IF_ERROR(list_error);
      static_cast<pb::ListPeerChannelsResponse&>(response) = offers;
      return absl::OkStatus();
    }
    ++pulls;
    ENLACE_RETURN_IF_ERROR(pull_error);
    const auto& pull = static_cast<const pb::PullEntriesRequest&>(request);
    asked_from.push_back(pull.from_sequence());
    asked_checkpoint = pull.checkpoint_size();
    auto& answer = static_cast<pb::PullEntriesResponse&>(response);
    Fill(pull, answer);
    if (bend) bend(answer);
    return absl::OkStatus();
  }

  void Offer(const ChannelLog& log, uint64_t size) {
    logs.insert_or_assign(log.origin(), log);
    sizes[log.origin()] = size;
    offers.clear_channels();
    for (const auto& [origin, known] : logs) {
      auto* channel = offers.add_channels();
      channel->set_origin(origin);
      channel->set_checkpoint(known.CheckpointAt(sizes[origin]));
    }
  }

  pb::ListPeerChannelsResponse offers;
  std::map<std::string, ChannelLog> logs;
  std::map<std::string, uint64_t> sizes;
  Status list_error;
  Status pull_error;
  std::function<void(pb::PullEntriesResponse&)> bend;
  int lists = 0;
  int pulls = 0;
  int64_t last_timeout_ms = 0;
  std::vector<uint64_t> asked_from;
  uint64_t asked_checkpoint = 0;

 private:
  void Fill(const pb::PullEntriesRequest& pull, pb::PullEntriesResponse& answer) {
    const ChannelLog& log = logs.at(pull.origin());
    const uint64_t size = sizes[pull.origin()];
    const uint64_t limit = std::min(size, pull.from_sequence() + pull.limit());
    const channel::Page page =
        log.MakePage(pull.from_sequence(), limit, size, pull.checkpoint_size());
    for (const channel::PageEntry& entry : page.entries) {
      auto* out = answer.add_entries();
      out->set_sequence(entry.sequence);
      out->set_header(entry.header);
      out->set_payload_state(static_cast<enlace::channel::v1::Entry::PayloadState>(entry.state));
      out->set_payload(entry.payload);
      out->set_opening(entry.opening);
    }
    answer.set_checkpoint(page.checkpoint);
    for (const auto& hash : page.consistency_proof) answer.add_consistency_proof(hash);
    for (const auto& hash : page.checkpoint_proof) answer.add_checkpoint_proof(hash);
  }
};

class VisitTest : public ::testing::Test {
 protected:
  VisitResult Run() { return Visit(*store_, clock_, identity_, limits_, peer_).Run(); }
  uint64_t Held(const std::string& origin = kOrigin) {
    const auto head = store::LoadChannel(*store_->Read(), origin);
    return head.ok() ? head->range.size() : 0;
  }
  static std::string Trouble(const VisitResult& result, const std::string& origin = kOrigin) {
    const auto state = result.channels.find(origin);
    return state == result.channels.end() ? "not there" : state->second.trouble;
  }
  static std::string Name(Reason reason) { return std::string(ReasonName(reason)); }

  ManualClock clock_;
  std::unique_ptr<store::Store> store_ = store::Store::OpenOnEngine(
      kv::OpenMemoryEngine(static_cast<size_t>(store::Table::kCount)), clock_);
  ChannelLog log_{kOrigin, 60};
  PeerIdentity identity_{"demo", "BRA", "ARG", log_.key().public_key()};
  VisitLimits limits_{.call_timeout_ms = 1234, .page_entries = 10};
  ScriptedPeer peer_;
};

TEST_F(VisitTest, PullsEverythingInPages) {
  peer_.Offer(log_, 25);
  const VisitResult result = Run();
  ASSERT_TRUE(result.status.ok());
  EXPECT_FALSE(result.more);
  EXPECT_EQ(Held(), 25U);
  EXPECT_EQ(peer_.asked_from, (std::vector<uint64_t>{0, 10, 20}));
  EXPECT_EQ(peer_.last_timeout_ms, 1234);
  const ChannelState& state = result.channels.at(kOrigin);
  EXPECT_EQ(state.held, 25U);
  EXPECT_EQ(state.offered, 25U);
  EXPECT_EQ(state.trouble, "");
  EXPECT_EQ(state.last_success_time_ms, clock_.NowMs());
}

TEST_F(VisitTest, GoesOnWhereItStopped) {
  peer_.Offer(log_, 25);
  Run();
  peer_.Offer(log_, 40);
  peer_.asked_from.clear();
  Run();
  EXPECT_EQ(Held(), 40U);
  EXPECT_EQ(peer_.asked_from, (std::vector<uint64_t>{25, 35}));
}

TEST_F(VisitTest, AsksForNothingWhenNothingIsNew) {
  peer_.Offer(log_, 25);
  Run();
  const uint64_t commits = store_->commit_sequence();
  peer_.pulls = 0;
  EXPECT_EQ(Trouble(Run()), "");
  EXPECT_EQ(peer_.pulls, 0);
  EXPECT_EQ(store_->commit_sequence(), commits) << "a quiet visit must cost no synced write";
}

TEST_F(VisitTest, RefreshesTheTimeOfTheLastSuccessNowAndThen) {
  peer_.Offer(log_, 25);
  Run();
  clock_.AdvanceMs(3'600'000);
  Run();
  EXPECT_EQ(store::LoadChannel(*store_->Read(), kOrigin)->last_pull_time_ms, clock_.NowMs());
}

TEST_F(VisitTest, KnowsAnEmptyChannel) {
  peer_.Offer(log_, 0);
  EXPECT_EQ(Trouble(Run()), "");
  const auto head = store::LoadChannel(*store_->Read(), kOrigin);
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->checkpoint, log_.CheckpointAt(0));
}

TEST_F(VisitTest, FollowsALogThatGrowsDuringTheVisit) {
  peer_.Offer(log_, 25);
  int page = 0;
  peer_.bend = [&](pb::PullEntriesResponse&) {
    if (++page == 1) peer_.sizes[kOrigin] = 33;
  };
  EXPECT_EQ(Trouble(Run()), "");
  EXPECT_EQ(Held(), 33U);
}

TEST_F(VisitTest, TakesABoundedNumberOfPagesAndAsksForMore) {
  limits_.pages_per_channel_max = 2;
  peer_.Offer(log_, 45);
  VisitResult result = Run();
  EXPECT_TRUE(result.more);
  EXPECT_EQ(Held(), 20U);
  EXPECT_EQ(Trouble(result), "");
  Run();
  result = Run();
  EXPECT_FALSE(result.more);
  EXPECT_EQ(Held(), 45U);
}

TEST_F(VisitTest, MirrorsOnlyWhatThePeersJurisdictionOwnsOnThisNetwork) {
  for (const char* origin :
       {"demo/CHL/training", "demo/BRA/training", "other/ARG/training", "demo/ARG/nonsense"}) {
    peer_.Offer(ChannelLog(origin, 5), 5);
  }
  peer_.Offer(log_, 5);
  const VisitResult result = Run();
  EXPECT_EQ(result.channels.size(), 1U);
  EXPECT_EQ(Held(), 5U);
  EXPECT_EQ(store::ListChannelHeads(*store_->Read())->size(), 1U);
}

TEST_F(VisitTest, RefusesTooManyOffers) {
  limits_.channels_max = 2;
  for (int i = 0; i < 3; ++i) *peer_.offers.add_channels() = pb::PeerChannel();
  EXPECT_EQ(ReasonOf(Run().status), Reason::REQUEST_TOO_LARGE);
}

TEST_F(VisitTest, ReportsAPeerThatDoesNotAnswer) {
  peer_.Offer(log_, 25);
  peer_.list_error = Error(Reason::PEER_UNREACHABLE, "down");
  EXPECT_EQ(ReasonOf(Run().status), Reason::PEER_UNREACHABLE);
  peer_.list_error = absl::OkStatus();
  peer_.Offer(ChannelLog("demo/ARG/statistics", 5), 5);
  peer_.pull_error = Error(Reason::DEADLINE_PASSED, "slow");
  const VisitResult result = Run();
  EXPECT_EQ(ReasonOf(result.status), Reason::DEADLINE_PASSED);
  EXPECT_EQ(peer_.pulls, 1) << "after a timeout the other channels wait for the next visit";
}

TEST_F(VisitTest, ARefusedChannelDoesNotHinderOthers) {
  peer_.Offer(ChannelLog("demo/ARG/statistics", 5), 5);
  peer_.Offer(log_, 5);
  peer_.bend = [](pb::PullEntriesResponse& answer) {
    if (answer.checkpoint().starts_with("demo/ARG/statistics")) answer.clear_entries();
  };
  const VisitResult result = Run();
  EXPECT_TRUE(result.status.ok());
  EXPECT_EQ(Trouble(result, "demo/ARG/statistics"), Name(Reason::ENTRY_INVALID));
  EXPECT_EQ(Trouble(result), "");
  EXPECT_EQ(Held(), 5U);
}

TEST_F(VisitTest, DoesNotCircleOnEmptyPages) {
  peer_.Offer(log_, 25);
  Run();
  peer_.Offer(log_, 50);
  peer_.bend = [&](pb::PullEntriesResponse& answer) {
    answer.clear_entries();
    answer.clear_consistency_proof();
    for (const auto& hash : log_.MakePage(25, 25, 50).consistency_proof) {
      answer.add_consistency_proof(hash);
    }
  };
  peer_.pulls = 0;
  EXPECT_EQ(Trouble(Run()), Name(Reason::ENTRY_INVALID));
  EXPECT_EQ(peer_.pulls, 1);
}

TEST_F(VisitTest, AnOfferThatNoPageReachesIsATroubleAndCostsNoWrites) {
  limits_.page_entries = 25;
  peer_.Offer(log_, 50);
  peer_.sizes[kOrigin] = 25;  // The pages know less than the offer said.
  uint64_t commits = 0;
  peer_.bend = [&](pb::PullEntriesResponse&) { commits = store_->commit_sequence(); };
  const VisitResult result = Run();
  EXPECT_EQ(peer_.pulls, 2);
  EXPECT_EQ(Trouble(result), Name(Reason::CHECKPOINT_INVALID));
  EXPECT_FALSE(result.more);
  EXPECT_EQ(Held(), 25U);
  EXPECT_EQ(store_->commit_sequence(), commits) << "an empty page must cost no synced write";
}

TEST_F(VisitTest, RefusesAPageOfTooManyEntries) {
  peer_.Offer(log_, 25);
  peer_.bend = [](pb::PullEntriesResponse& answer) {
    while (answer.entries_size() <= static_cast<int>(channel::kPageEntriesMax))
      answer.add_entries();
  };
  EXPECT_EQ(Trouble(Run()), Name(Reason::REQUEST_TOO_LARGE));
  EXPECT_EQ(Held(), 0U);
}

TEST_F(VisitTest, StoresNothingOfAForgedPage) {
  peer_.Offer(log_, 25);
  peer_.bend = [](pb::PullEntriesResponse& answer) {
    answer.mutable_entries(3)->mutable_payload()->append("x");
  };
  EXPECT_EQ(Trouble(Run()), Name(Reason::ENTRY_INVALID));
  EXPECT_EQ(Held(), 0U);
  EXPECT_TRUE(store::ListChannelHeads(*store_->Read())->empty());
}

TEST_F(VisitTest, KeepsNoPayloadThatIsForOthers) {
  ChannelLog log(kOrigin, 2);
  log.Grow(1, 2, model::Audience::Parse("CHL").value());
  log.Grow(1, 3, model::Audience::Parse("BRA,CHL").value());
  log.Grow(1, 4, model::Audience::Nobody());
  peer_.Offer(log, 5);
  EXPECT_EQ(Trouble(Run()), "");
  std::vector<bool> present;
  ASSERT_TRUE(store::ScanEntries(*store_->Read(), kOrigin, 0, 5, [&](const auto& entry) {
                present.push_back(entry.state == store::PayloadState::kPresent);
                EXPECT_EQ(entry.payload.empty(), !present.back());
                EXPECT_EQ(entry.opening.empty(), !present.back());
                return true;
              }).ok());
  EXPECT_EQ(present, (std::vector<bool>{true, true, false, true, false}));
  EXPECT_TRUE(store::VerifyStoredChannel(*store_->Read(), kOrigin, log.key().public_key()).ok());
}

TEST_F(VisitTest, APayloadThatIsKeptBackIsATroubleUntilItComes) {
  peer_.Offer(log_, 25);
  peer_.bend = [](pb::PullEntriesResponse& answer) {
    if (answer.entries(0).sequence() != 10) return;
    auto& entry = *answer.mutable_entries(4);
    entry.set_payload_state(enlace::channel::v1::Entry::WITHHELD);
    entry.clear_payload();
    entry.clear_opening();
  };
  EXPECT_EQ(Trouble(Run()), Name(Reason::ENTRY_INVALID));
  EXPECT_EQ(Held(), 10U);
  peer_.bend = {};
  EXPECT_EQ(Trouble(Run()), "");
  EXPECT_EQ(Held(), 25U);
}

TEST_F(VisitTest, RefusesAnOfferOfAnotherSigner) {
  peer_.Offer(ChannelLog(kOrigin, 5, 1, 'x'), 5);
  EXPECT_EQ(Trouble(Run()), Name(Reason::CHECKPOINT_INVALID));
  EXPECT_EQ(peer_.pulls, 0);
}

TEST_F(VisitTest, RefusesAShorterLogAndKeepsItsOwn) {
  peer_.Offer(log_, 25);
  Run();
  peer_.Offer(log_, 25 - 5);
  peer_.pulls = 0;
  EXPECT_EQ(Trouble(Run()), Name(Reason::CHECKPOINT_INVALID));
  EXPECT_EQ(Held(), 25U);
  // The owner is told what is known here, so that it can raise its alarm.
  EXPECT_EQ(peer_.pulls, 1);
  EXPECT_EQ(peer_.asked_from.back(), 25U);
  EXPECT_EQ(peer_.asked_checkpoint, 25U);
  peer_.pull_error = Error(Reason::REQUEST_INVALID, "this node holds 20 entries");
  EXPECT_EQ(Trouble(Run()), Name(Reason::CHECKPOINT_INVALID));
  peer_.pull_error = absl::OkStatus();
  peer_.Offer(log_, 30);
  EXPECT_EQ(Trouble(Run()), "");
  EXPECT_EQ(Held(), 30U);
}

TEST_F(VisitTest, AContradictionStopsOneChannelForGoodWithEvidence) {
  peer_.Offer(log_, 25);
  peer_.Offer(ChannelLog("demo/ARG/statistics", 9), 5);
  Run();
  const ChannelLog fork = log_.ForkAt(10);
  peer_.Offer(fork, 25);
  peer_.Offer(ChannelLog("demo/ARG/statistics", 9), 9);
  VisitResult result = Run();
  EXPECT_EQ(Trouble(result), Name(Reason::CHECKPOINT_INCONSISTENT));
  EXPECT_TRUE(result.channels.at(kOrigin).stopped);
  const auto head = store::LoadChannel(*store_->Read(), kOrigin);
  EXPECT_EQ(head->evidence,
            (std::vector<std::string>{log_.CheckpointAt(25), fork.CheckpointAt(25)}));
  EXPECT_EQ(head->range.size(), 25U);
  EXPECT_EQ(Held("demo/ARG/statistics"), 9U) << "other channels go on";

  // Showing the first story again does not start it.
  peer_.Offer(log_, 40);
  result = Run();
  EXPECT_EQ(Trouble(result), Name(Reason::CHANNEL_STOPPED));
  EXPECT_EQ(Held(), 25U);
}

TEST_F(VisitTest, FindsAContradictionWithAnyCheckpointEverSeen) {
  for (const uint64_t size : {10U, 20U, 30U}) {
    peer_.Offer(log_, size);
    Run();
  }
  const ChannelLog fork = log_.ForkAt(5);
  peer_.Offer(fork, 20);
  EXPECT_EQ(Trouble(Run()), Name(Reason::CHECKPOINT_INCONSISTENT));
  EXPECT_EQ(store::LoadChannel(*store_->Read(), kOrigin)->evidence,
            (std::vector<std::string>{log_.CheckpointAt(20), fork.CheckpointAt(20)}));
}

TEST_F(VisitTest, FindsARewrittenPastInAShorterLog) {
  for (const uint64_t size : {16U, 20U}) {  // A whole subtree, and not.
    const std::string origin = "demo/ARG/" + std::string(size == 16 ? "training" : "statistics");
    const ChannelLog log(origin, 60);
    peer_.Offer(log, 25);
    Run();
    const ChannelLog fork = log.ForkAt(5);
    peer_.Offer(fork, size);
    const VisitResult result = Run();
    EXPECT_EQ(Trouble(result, origin), Name(Reason::CHECKPOINT_INCONSISTENT));
    EXPECT_TRUE(result.channels.at(origin).stopped);
    EXPECT_EQ(store::LoadChannel(*store_->Read(), origin)->evidence,
              (std::vector<std::string>{log.CheckpointAt(25), fork.CheckpointAt(size)}));
  }
}

TEST_F(VisitTest, FindsARewrittenPastWhilePulling) {
  peer_.Offer(log_, 25);
  Run();
  const ChannelLog fork = log_.ForkAt(5);
  peer_.Offer(fork, 40);
  // The fork cannot prove that it grew out of what was seen.
  EXPECT_EQ(Trouble(Run()), Name(Reason::PROOF_INVALID));
  EXPECT_EQ(Held(), 25U);
}

TEST_F(VisitTest, SaysWhenAMirroredChannelIsNoLongerOffered) {
  peer_.Offer(log_, 25);
  Run();
  peer_.offers.clear_channels();
  const VisitResult result = Run();
  EXPECT_TRUE(result.status.ok());
  EXPECT_EQ(Trouble(result), Name(Reason::CHANNEL_NOT_FOUND));
  EXPECT_EQ(result.channels.at(kOrigin).held, 25U);
}

TEST_F(VisitTest, StopsBetweenCallsWhenCancelled) {
  peer_.Offer(log_, 50);
  int asked = 0;
  Visit(*store_, clock_, identity_, limits_, peer_).Run([&] { return ++asked > 3; });
  EXPECT_LT(Held(), 50U);
  EXPECT_GT(Held(), 0U);
}

}  // namespace
}  // namespace enlace::peer
