#include "node/rpc/admission.h"

#include <thread>

#include "gtest/gtest.h"
#include "node/rpc/server.h"
#include "node/rpc/workers.h"

namespace enlace::rpc {
namespace {

authz::Caller Caller(trust::SpiffeId::Kind kind, const std::string& uri) {
  authz::Caller caller;
  caller.identity.id.kind = kind;
  caller.identity.id.uri = uri;
  return caller;
}
authz::Caller Client(int number) {
  return Caller(trust::SpiffeId::Kind::kEntity, "client" + std::to_string(number));
}
authz::Caller Peer() { return Caller(trust::SpiffeId::Kind::kNode, "peer"); }

Reason Refusal(const StatusOr<Admission::Ticket>& ticket) {
  EXPECT_FALSE(ticket.ok());
  return ReasonOf(ticket.status());
}

class AdmissionTest : public ::testing::Test {
 protected:
  static AdmissionLimits Limits() {
    AdmissionLimits limits;
    limits.client_calls_max = 3;
    limits.peer_calls_max = 1;
    limits.admin_calls_max = 1;
    limits.calls_per_caller_max = 2;
    limits.retry_delay_ms = 70;
    return limits;
  }
  metrics::Metrics metrics_;
  Admission admission_{Limits(), metrics_};
};

TEST_F(AdmissionTest, RefusesAboveTheLimitOfAClassAndSaysWhenToComeBack) {
  const auto one = admission_.Enter(Client(1));
  const auto two = admission_.Enter(Client(2));
  const auto three = admission_.Enter(Client(3));
  const auto four = admission_.Enter(Client(4));
  EXPECT_TRUE(three.ok());
  EXPECT_EQ(Refusal(four), Reason::NODE_OVERLOADED);
  EXPECT_EQ(MetadataOf(four.status()).at("retry_delay_ms"), "70");
  EXPECT_NE(metrics_.Render().find("enlace_calls_refused_total{class=\"client\"} 1"),
            std::string::npos);
}

TEST_F(AdmissionTest, ClassesDoNotTakeEachOthersPlaces) {
  const auto one = admission_.Enter(Client(1));
  const auto two = admission_.Enter(Client(2));
  const auto three = admission_.Enter(Client(3));
  EXPECT_TRUE(admission_.Enter(Peer()).ok());
  EXPECT_TRUE(admission_.Enter(authz::Policy::AdminCaller()).ok());
}

TEST_F(AdmissionTest, OneCallerCannotTakeAllPlaces) {
  const auto one = admission_.Enter(Client(1));
  const auto two = admission_.Enter(Client(1));
  EXPECT_EQ(Refusal(admission_.Enter(Client(1))), Reason::NODE_OVERLOADED);
  EXPECT_TRUE(admission_.Enter(Client(2)).ok());
}

TEST_F(AdmissionTest, ATicketGivesItsPlaceBackOnceHoweverItIsMoved) {
  {
    auto ticket = admission_.Enter(Peer());
    Admission::Ticket moved = *std::move(ticket);
    Admission::Ticket again = std::move(moved);
    EXPECT_EQ(admission_.InFlight(), 1);
  }
  EXPECT_EQ(admission_.InFlight(), 0);
  EXPECT_TRUE(admission_.Enter(Peer()).ok());
}

TEST_F(AdmissionTest, DrainingRefusesAllButWhatTellsOfIt) {
  admission_.Drain();
  EXPECT_TRUE(admission_.draining());
  EXPECT_EQ(Refusal(admission_.Enter(Peer())), Reason::NODE_DRAINING);
  EXPECT_TRUE(admission_.Enter(Peer(), /*while_draining=*/true).ok());
}

TEST_F(AdmissionTest, WaitsUntilTheLastHasLeft) {
  auto ticket = admission_.Enter(Peer());
  EXPECT_FALSE(admission_.WaitUntilEmpty(0));
  std::jthread leaver([inside = *std::move(ticket)]() mutable {
    const Admission::Ticket leaves = std::move(inside);
  });
  EXPECT_TRUE(admission_.WaitUntilEmpty(10'000));
}

TEST(Workers, RunWhatIsQueuedBeforeTheyEnd) {
  std::atomic<int> done = 0;
  {
    Workers workers(2, 100);
    for (int i = 0; i < 50; ++i) {
      while (!workers.Post(CallClass::kClient, "a", [&done] { ++done; })) {
        std::this_thread::yield();
      }
    }
  }
  EXPECT_EQ(done, 50);
}

// Jobs that count themselves and wait until they are let go.
class Waiters {
 public:
  std::function<void()> Job() {
    return [this] {
      const MutexLock lock(mutex_);
      ++running_;
      changed_.NotifyAll();
      changed_.Wait(mutex_, [this]() ENLACE_NO_ANALYSIS { return open_; });
    };
  }
  bool AwaitRunning(int count) {
    const MutexLock lock(mutex_);
    return changed_.WaitFor(mutex_, 10'000,
                            [this, count]() ENLACE_NO_ANALYSIS { return running_ == count; });
  }
  void Open() {
    const MutexLock lock(mutex_);
    open_ = true;
    changed_.NotifyAll();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int running_ ENLACE_GUARDED_BY(mutex_) = 0;
  bool open_ ENLACE_GUARDED_BY(mutex_) = false;
};

// A job of a third party that runs shows that all before it that may run do so already.
bool Runs(Workers& workers, CallClass call_class, const std::string& caller) {
  Waiters one;
  one.Open();
  return workers.Post(call_class, caller, one.Job()) && one.AwaitRunning(1);
}

TEST(Workers, RefuseAboveTheLimitOfAClassAndOfNoOther) {
  Waiters waiters;
  Workers workers(1, 1);
  ASSERT_TRUE(workers.Post(CallClass::kClient, "a", waiters.Job()));
  ASSERT_TRUE(waiters.AwaitRunning(1));
  EXPECT_TRUE(workers.Post(CallClass::kClient, "b", [] {}));
  EXPECT_FALSE(workers.Post(CallClass::kClient, "c", [] {}));
  EXPECT_TRUE(workers.Post(CallClass::kPeer, "d", [] {}));
  waiters.Open();
}

TEST(Workers, ClientsLeaveThreadsToPeersAndPeersToClients) {
  for (const auto& [many, other] : {std::pair{CallClass::kClient, CallClass::kPeer},
                                    std::pair{CallClass::kPeer, CallClass::kClient}}) {
    Waiters waiters;
    Workers workers(8, 100);
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(workers.Post(many, "caller" + std::to_string(i), waiters.Job()));
    }
    ASSERT_TRUE(waiters.AwaitRunning(6));
    EXPECT_TRUE(Runs(workers, other, "late"));
    EXPECT_TRUE(waiters.AwaitRunning(6));
    waiters.Open();
  }
}

TEST(Workers, OneCallerHoldsAtMostHalfOfThem) {
  Waiters waiters;
  Workers workers(8, 100);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(workers.Post(CallClass::kPeer, "a", waiters.Job()));
  ASSERT_TRUE(waiters.AwaitRunning(4));
  EXPECT_TRUE(Runs(workers, CallClass::kPeer, "b"));
  EXPECT_TRUE(waiters.AwaitRunning(4));
  waiters.Open();
}

TEST(Workers, TheOperatorMayHoldThemAll) {
  Waiters waiters;
  Workers workers(2, 100);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(workers.Post(CallClass::kAdmin, "admin-socket", waiters.Job()));
  }
  EXPECT_TRUE(waiters.AwaitRunning(2));
  waiters.Open();
}

TEST(Workers, ShareOutWhatThereIs) {
  for (const CallClass call_class : {CallClass::kClient, CallClass::kPeer}) {
    EXPECT_EQ(Workers::ClassMax(1, call_class), 1);  // Nothing to share.
    EXPECT_EQ(Workers::ClassMax(2, call_class), 1);
    EXPECT_EQ(Workers::ClassMax(3, call_class), 2);
    EXPECT_EQ(Workers::ClassMax(8, call_class), 6);
    EXPECT_EQ(Workers::CallerMax(1, call_class), 1);
    EXPECT_EQ(Workers::CallerMax(4, call_class), 1);
    EXPECT_EQ(Workers::CallerMax(8, call_class), 4);
  }
}

TEST(AdmissionLimits, LetNoMoreInThanThePoolHasPlacesFor) {
  const auto fit = [](const AdmissionLimits& limits, int workers, int waiting) {
    EXPECT_LE(limits.client_calls_max, Workers::ClassMax(workers, CallClass::kClient) + waiting);
    EXPECT_LE(limits.peer_calls_max, Workers::ClassMax(workers, CallClass::kPeer) + waiting);
    EXPECT_LE(limits.admin_calls_max, Workers::ClassMax(workers, CallClass::kAdmin) + waiting);
    EXPECT_GE(limits.calls_per_caller_max, 1);
  };
  for (const int workers : {2, 3, 8, 256}) {
    for (const int waiting : {1, 64, 10'000}) {
      const AdmissionLimits limits = AdmissionLimits::Of(workers, waiting);
      fit(limits, workers, waiting);
      EXPECT_LE(limits.calls_per_caller_max, std::max(1, limits.client_calls_max / 4));
    }
  }
  const ServerOptions shipped;
  fit(AdmissionLimits(), shipped.workers, static_cast<int>(shipped.waiting_calls_max));
}

}  // namespace
}  // namespace enlace::rpc
