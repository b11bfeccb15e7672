#include "node/peer/puller.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <new>
#include <set>
#include <thread>

#include "tests/testing/federation_node.h"

// Three nodes in one process, with real stores, handlers and workers; only the wire between
// them is played, so that it can be cut, slowed and bent.
namespace enlace::peer {
namespace {

namespace pb = enlace::federation::v1;
using testing::FederationNode;
using testing::LoopbackCaller;

const std::vector<std::string> kAll = {"ARG", "BRA", "CHL"};

std::string NodeUri(const std::string& jurisdiction) {
  return "spiffe://" + trust::TrustDomain(jurisdiction, "demo") + "/node";
}

class PullerTest : public ::testing::Test {
 protected:
  PullerTest() {
    for (const std::string& jurisdiction : kAll) Boot(jurisdiction);
  }

  // Starts a node, over its old database when it had one.
  void Boot(const std::string& jurisdiction) {
    std::shared_ptr<kv::Engine> engine;
    if (nodes_.contains(jurisdiction)) engine = nodes_.at(jurisdiction)->engine();
    nodes_.erase(jurisdiction);
    nodes_[jurisdiction] = std::make_unique<FederationNode>(
        jurisdiction, std::set<std::string>(kAll.begin(), kAll.end()), clock_, engine);
  }
  FederationNode& node(const std::string& jurisdiction) { return *nodes_.at(jurisdiction); }

  Peer MakePeer(const std::string& from, const std::string& to) {
    Peer peer;
    peer.jurisdiction = to;
    peer.endpoint = to + ".example:7443";
    peer.channel_key = node(to).public_key();
    peer.caller = std::make_unique<LoopbackCaller>(
        node(to), NodeUri(from),
        [this, from, to](std::string_view) {
          ++calls_;
          if (before_) before_(from, to);
          MutexLock lock(mutex_);
          if (!cut_.contains({from, to})) return absl::OkStatus();
          return Error(Reason::PEER_UNREACHABLE, "the line is cut");
        },
        [this, to](std::string_view, google::protobuf::Message& response) {
          if (bend_) bend_(to, response);
        });
    return peer;
  }
  std::unique_ptr<Puller> MakePuller(const std::string& from) {
    PullerOptions options;
    options.network = "demo";
    options.own_jurisdiction = from;
    options.random = [] { return 0U; };
    options.limits.page_entries = 20;
    std::vector<Peer> peers;
    for (const std::string& to : kAll) {
      if (to != from) peers.push_back(MakePeer(from, to));
    }
    return std::make_unique<Puller>(node(from).store(), clock_, &metrics_, options,
                                    std::move(peers));
  }
  void Cut(const std::string& from, const std::string& to, bool cut) {
    MutexLock lock(mutex_);
    if (cut) {
      cut_.insert({from, to});
    } else {
      cut_.erase({from, to});
    }
  }

  uint64_t Held(const std::string& at, const std::string& origin) {
    const auto head = store::LoadChannel(*node(at).store().Read(), origin);
    return head.ok() ? head->range.size() : 0;
  }
  static PeerStatus StatusOf(const Puller& puller, const std::string& jurisdiction) {
    for (PeerStatus& status : puller.Statuses()) {
      if (status.jurisdiction == jurisdiction) return status;
    }
    return {};
  }

  ManualClock clock_;
  metrics::Metrics metrics_;
  std::map<std::string, std::unique_ptr<FederationNode>> nodes_;
  std::atomic<int> calls_ = 0;
  std::function<void(const std::string& from, const std::string& to)> before_;
  std::function<void(const std::string& to, google::protobuf::Message&)> bend_;
  Mutex mutex_;
  std::set<std::pair<std::string, std::string>> cut_ ENLACE_GUARDED_BY(mutex_);
};

TEST_F(PullerTest, EveryNodeComesToHoldWhatTheOthersPublish) {
  for (const std::string& owner : kAll) {
    ASSERT_TRUE(node(owner).Publish("training", 50).ok());
    ASSERT_TRUE(node(owner).Publish("statistics", 7, "BRA").ok());
  }
  for (const std::string& from : kAll) {
    const auto puller = MakePuller(from);
    puller->Start();
    puller->PullNow();
    for (const PeerStatus& status : puller->Statuses()) {
      EXPECT_TRUE(status.reachable);
      EXPECT_EQ(status.trouble, "");
      EXPECT_EQ(status.channels.size(), 2U);
      EXPECT_EQ(status.last_success_time_ms, clock_.NowMs());
    }
  }
  for (const std::string& at : kAll) {
    for (const std::string& owner : kAll) {
      if (at == owner) continue;
      EXPECT_EQ(Held(at, node(owner).Origin("training")), 50U);
      const auto verified = store::VerifyStoredChannel(
          *node(at).store().Read(), node(owner).Origin("statistics"), node(owner).public_key());
      ASSERT_TRUE(verified.ok());
      EXPECT_EQ(verified->entries, 7U);
      // Headers everywhere, payloads only in Brazil.
      EXPECT_EQ(verified->payloads, at == "BRA" ? 7U : 0U);
    }
  }
}

TEST_F(PullerTest, APartitionHealsByItself) {
  ASSERT_TRUE(node("ARG").Publish("training", 30).ok());
  const auto puller = MakePuller("BRA");
  puller->Start();
  puller->PullNow();
  Cut("BRA", "ARG", true);
  ASSERT_TRUE(node("ARG").Publish("training", 30).ok());
  ASSERT_TRUE(node("CHL").Publish("training", 5).ok());
  puller->PullNow();
  const PeerStatus cut = StatusOf(*puller, "ARG");
  EXPECT_FALSE(cut.reachable);
  EXPECT_EQ(cut.trouble, "PEER_UNREACHABLE");
  EXPECT_EQ(puller->TroubleOf("demo/ARG/training"), "PEER_UNREACHABLE");
  EXPECT_EQ(Held("BRA", "demo/ARG/training"), 30U);
  EXPECT_EQ(Held("BRA", "demo/CHL/training"), 5U);

  Cut("BRA", "ARG", false);
  puller->PullNow();
  EXPECT_TRUE(StatusOf(*puller, "ARG").reachable);
  EXPECT_EQ(puller->TroubleOf("demo/ARG/training"), "");
  EXPECT_EQ(Held("BRA", "demo/ARG/training"), 60U);
}

TEST_F(PullerTest, ASlowPeerDelaysNobodyElse) {
  ASSERT_TRUE(node("ARG").Publish("training", 5).ok());
  ASSERT_TRUE(node("CHL").Publish("training", 5).ok());
  Mutex mutex;
  CondVar changed;
  bool release = false;
  before_ = [&](const std::string&, const std::string& to) {
    if (to != "ARG") return;
    MutexLock lock(mutex);
    changed.Wait(mutex, [&] { return release; });
  };
  const auto puller = MakePuller("BRA");
  puller->Start();
  // Argentina's call hangs; Chile is visited again and again meanwhile.
  for (uint64_t visits = 1; visits <= 3; ++visits) {
    while (StatusOf(*puller, "CHL").visits < visits) std::this_thread::yield();
    clock_.AdvanceMs(10'000);  // Between two visits: no call of Chile's is under way.
  }
  EXPECT_EQ(Held("BRA", "demo/CHL/training"), 5U);
  EXPECT_EQ(StatusOf(*puller, "ARG").visits, 0U);
  {
    MutexLock lock(mutex);
    release = true;
    changed.NotifyAll();
  }
  puller->PullNow();
  EXPECT_EQ(Held("BRA", "demo/ARG/training"), 5U);
}

TEST_F(PullerTest, AnEvilPeerHarmsOnlyItsOwnMirrors) {
  ASSERT_TRUE(node("ARG").Publish("training", 40).ok());
  ASSERT_TRUE(node("CHL").Publish("training", 40).ok());
  bend_ = [](const std::string& to, google::protobuf::Message& response) {
    if (to != "ARG") return;
    if (auto* page = dynamic_cast<pb::PullEntriesResponse*>(&response)) {
      for (auto& entry : *page->mutable_entries()) entry.set_sequence(entry.sequence() + 1);
    }
  };
  const auto puller = MakePuller("BRA");
  puller->Start();
  puller->PullNow();
  EXPECT_EQ(puller->TroubleOf("demo/ARG/training"), "ENTRY_INVALID");
  EXPECT_EQ(Held("BRA", "demo/ARG/training"), 0U);
  EXPECT_EQ(puller->TroubleOf("demo/CHL/training"), "");
  EXPECT_EQ(Held("BRA", "demo/CHL/training"), 40U);
}

TEST_F(PullerTest, AnOwnerWithTwoStoriesIsStoppedWhereItIsSeen) {
  ASSERT_TRUE(node("ARG").Publish("training", 10).ok());
  ASSERT_TRUE(node("ARG").Publish("statistics", 3).ok());
  auto puller = MakePuller("BRA");
  puller->Start();
  puller->PullNow();
  const std::string honest =
      store::LoadChannel(*node("BRA").store().Read(), "demo/ARG/training")->checkpoint;
  // A signed checkpoint of the same size with another root.
  bend_ = [](const std::string& to, google::protobuf::Message& response) {
    auto* list = dynamic_cast<pb::ListPeerChannelsResponse*>(&response);
    if (to != "ARG" || list == nullptr) return;
    for (auto& channel : *list->mutable_channels()) {
      if (channel.origin() != "demo/ARG/training") continue;
      channel.set_checkpoint(channel::SignCheckpoint(
          {channel.origin(), 10, channel::LeafHash("another story")}, testing::KeyOf("ARG")));
    }
  };
  puller->PullNow();
  EXPECT_EQ(puller->TroubleOf("demo/ARG/training"), "CHECKPOINT_INCONSISTENT");
  const auto head = store::LoadChannel(*node("BRA").store().Read(), "demo/ARG/training");
  ASSERT_EQ(head->evidence.size(), 2U);
  EXPECT_EQ(head->evidence[0], honest);
  EXPECT_EQ(Held("BRA", "demo/ARG/training"), 10U);

  // The other channel of the same owner goes on; the stopped one stays stopped after a restart.
  bend_ = {};
  puller->Stop();
  puller.reset();
  Boot("BRA");
  ASSERT_TRUE(node("ARG").Publish("training", 10).ok());
  ASSERT_TRUE(node("ARG").Publish("statistics", 3).ok());
  puller = MakePuller("BRA");
  puller->Start();
  puller->PullNow();
  EXPECT_EQ(Held("BRA", "demo/ARG/training"), 10U);
  EXPECT_EQ(Held("BRA", "demo/ARG/statistics"), 6U);
  EXPECT_EQ(puller->TroubleOf("demo/ARG/training"), "CHANNEL_STOPPED");
}

TEST_F(PullerTest, ARestartGoesOnFromTheCursor) {
  ASSERT_TRUE(node("ARG").Publish("training", 100).ok());
  {
    const auto puller = MakePuller("BRA");
    puller->Start();
    puller->PullNow();
  }
  Boot("BRA");
  ASSERT_TRUE(node("ARG").Publish("training", 1).ok());
  uint64_t resent = 0;
  bend_ = [&](const std::string& to, google::protobuf::Message& response) {
    const auto* page = dynamic_cast<pb::PullEntriesResponse*>(&response);
    if (to == "ARG" && page != nullptr) resent += static_cast<uint64_t>(page->entries_size());
  };
  const auto puller = MakePuller("BRA");
  puller->Start();
  puller->PullNow();
  puller->Stop();
  EXPECT_EQ(Held("BRA", "demo/ARG/training"), 101U);
  EXPECT_EQ(resent, 1U);
}

TEST_F(PullerTest, AnOwnerThatWasRestoredFromAnOldCopyIsNotFollowedBack) {
  ASSERT_TRUE(node("ARG").Publish("training", 10).ok());
  const auto puller = MakePuller("BRA");
  puller->Start();
  puller->PullNow();
  puller->Stop();
  nodes_.erase("ARG");
  Boot("ARG");  // An empty database: everything forgotten.
  ASSERT_TRUE(node("ARG").Publish("training", 0).ok());
  const auto again = MakePuller("BRA");
  again->Start();
  again->PullNow();
  EXPECT_EQ(again->TroubleOf("demo/ARG/training"), "CHECKPOINT_INVALID");
  EXPECT_EQ(Held("BRA", "demo/ARG/training"), 10U);
  // Writing on convicts it: two roots for one size.
  ASSERT_TRUE(node("ARG").Publish("training", 4).ok());
  again->PullNow();
  EXPECT_EQ(again->TroubleOf("demo/ARG/training"), "CHECKPOINT_INCONSISTENT");
}

TEST_F(PullerTest, AnExceptionEndsOneVisitAndNotTheNode) {
  ASSERT_TRUE(node("ARG").Publish("training", 5).ok());
  ASSERT_TRUE(node("CHL").Publish("training", 5).ok());
  std::atomic<bool> full = true;
  before_ = [&](const std::string&, const std::string& to) {
    if (to == "ARG" && full) throw std::bad_alloc();
  };
  const auto puller = MakePuller("BRA");
  puller->Start();
  puller->PullNow();
  EXPECT_FALSE(StatusOf(*puller, "ARG").reachable);
  EXPECT_EQ(StatusOf(*puller, "ARG").trouble, "INTERNAL");
  EXPECT_EQ(Held("BRA", "demo/CHL/training"), 5U);
  full = false;
  puller->PullNow();
  EXPECT_EQ(StatusOf(*puller, "ARG").trouble, "");
  EXPECT_EQ(Held("BRA", "demo/ARG/training"), 5U);
}

// Answers nothing until it is cancelled.
class HangingCaller final : public PeerCaller {
 public:
  Status Call(std::string_view, const google::protobuf::Message&, google::protobuf::Message&,
              int64_t) override {
    MutexLock lock(mutex_);
    called_ = true;
    changed_.NotifyAll();
    const bool ended = changed_.WaitFor(mutex_, 30'000, [this] { return cancelled_; });
    return Error(ended ? Reason::CALL_CANCELLED : Reason::DEADLINE_PASSED, "no answer");
  }
  void Cancel() override {
    MutexLock lock(mutex_);
    cancelled_ = true;
    changed_.NotifyAll();
  }
  void WaitForCall() {
    MutexLock lock(mutex_);
    changed_.Wait(mutex_, [this] { return called_; });
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool called_ = false;
  bool cancelled_ = false;
};

TEST_F(PullerTest, StopDoesNotWaitForAPeerThatHangs) {
  auto caller = std::make_unique<HangingCaller>();
  HangingCaller& hanging = *caller;
  Peer peer = MakePeer("BRA", "ARG");
  peer.caller = std::move(caller);
  std::vector<Peer> peers;
  peers.push_back(std::move(peer));
  PullerOptions options;
  options.network = "demo";
  options.own_jurisdiction = "BRA";
  Puller puller(node("BRA").store(), clock_, nullptr, options, std::move(peers));
  puller.Start();
  hanging.WaitForCall();
  const int64_t before_ms = SystemClock().SteadyMs();
  puller.AskToStop();
  puller.PullNow();  // Returns: there are no more visits.
  puller.Stop();
  EXPECT_LT(SystemClock().SteadyMs() - before_ms, 10'000);
  EXPECT_EQ(StatusOf(puller, "ARG").trouble, "CALL_CANCELLED");
}

TEST_F(PullerTest, WaitsLongerAfterEachFailureAndNotAfterSuccess) {
  Cut("BRA", "ARG", true);
  const auto puller = MakePuller("BRA");
  const auto visit_and_wait = [&](const std::string& to) {
    puller->PullNow();
    return StatusOf(*puller, to).next_visit_steady_ms - clock_.SteadyMs();
  };
  puller->Start();
  puller->PullNow();
  int64_t last = StatusOf(*puller, "ARG").next_visit_steady_ms - clock_.SteadyMs();
  EXPECT_GE(last, 10'000);
  for (int i = 0; i < 10; ++i) {
    const int64_t next = visit_and_wait("ARG");
    EXPECT_EQ(next, std::min<int64_t>(last * 2, 300'000));
    last = next;
  }
  EXPECT_EQ(last, 300'000);
  EXPECT_EQ(visit_and_wait("CHL"), 5000);
  Cut("BRA", "ARG", false);
  EXPECT_EQ(visit_and_wait("ARG"), 5000);
}

TEST_F(PullerTest, GoesOnAtOnceWhenThereIsMoreThanOneVisitTakes) {
  ASSERT_TRUE(node("ARG").Publish("training", 64 * 20 + 5).ok());
  const auto puller = MakePuller("BRA");
  puller->Start();
  while (Held("BRA", "demo/ARG/training") < 64 * 20 + 5) std::this_thread::yield();
  EXPECT_GE(StatusOf(*puller, "ARG").visits, 1U);
}

TEST_F(PullerTest, StopEndsWorkersThatSleepAndIsRepeatable) {
  const auto puller = MakePuller("BRA");
  puller->Start();
  puller->PullNow();
  puller->Stop();
  puller->Stop();
  const int calls = calls_;
  clock_.AdvanceMs(1'000'000);
  puller->PullNow();  // Returns at once.
  EXPECT_EQ(calls_, calls);
}

TEST_F(PullerTest, ShowsTheLagOfAPeer) {
  ASSERT_TRUE(node("ARG").Publish("training", 40).ok());
  bend_ = [](const std::string& to, google::protobuf::Message& response) {
    auto* page = dynamic_cast<pb::PullEntriesResponse*>(&response);
    if (to == "ARG" && page != nullptr) page->mutable_entries()->Clear();
  };
  const auto puller = MakePuller("BRA");
  puller->Start();
  puller->PullNow();
  EXPECT_NE(metrics_.Render().find("enlace_mirror_lag_entries{jurisdiction=\"ARG\"} 40"),
            std::string::npos);
}

}  // namespace
}  // namespace enlace::peer
