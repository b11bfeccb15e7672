#include "node/rpc/admission.h"

#include <thread>

#include "gtest/gtest.h"
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
      while (!workers.Post([&done] { ++done; })) std::this_thread::yield();
    }
  }
  EXPECT_EQ(done, 50);
}

TEST(Workers, RefuseAboveTheQueuesLimit) {
  Mutex mutex;
  CondVar changed;
  bool open = false;
  bool running = false;
  Workers workers(1, 1);
  ASSERT_TRUE(workers.Post([&] {
    const MutexLock lock(mutex);
    running = true;
    changed.NotifyAll();
    changed.Wait(mutex, [&] { return open; });
  }));
  {
    const MutexLock lock(mutex);
    changed.Wait(mutex, [&] { return running; });
  }
  EXPECT_TRUE(workers.Post([] {}));
  EXPECT_FALSE(workers.Post([] {}));
  const MutexLock lock(mutex);
  open = true;
  changed.NotifyAll();
}

}  // namespace
}  // namespace enlace::rpc
