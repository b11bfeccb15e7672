// Floods that need no certificate.
#include "tests/e2e/door/door_world.h"

namespace enlace::testing {
namespace {

// As many plain connections as one likes, held open; a lost one is replaced by the next.
class PlainConnections {
 public:
  PlainConnections(uint16_t port, size_t count) {
    while (clients_.size() < count) {
      clients_.push_back(std::make_unique<H2Client>(port, nullptr, kFarAddress));
      EXPECT_TRUE(clients_.back()->ConnectTcp());
    }
  }
  std::vector<std::unique_ptr<H2Client>>& all() { return clients_; }

 private:
  std::vector<std::unique_ptr<H2Client>> clients_;
};

void RaiseOwnLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

TEST(StrangerTest, SixHundredPlainConnectionsKeepNobodyOutOfANodeWithFewDescriptors) {
  RaiseOwnLimit();
  DoorWorld world("", {"/usr/bin/prlimit", "--nofile=256"});
  ASSERT_TRUE(world.Serves());
  Peak peak(world);
  Victim::Tally tally;
  {
    PlainConnections strangers(world.port(), 600);
    const int64_t begin_ms = world.world().clock.SteadyMs();
    EXPECT_TRUE(Soon([&] { return world.Serves(); }));
    EXPECT_LT(world.world().clock.SteadyMs() - begin_ms, 10'000);
    Victim victim = world.MakeVictim();
    victim.AwaitCalls(100);
    tally = victim.Stop();
    EXPECT_EQ(tally.failed, 0u);
    EXPECT_LT(world.OpenFiles(), 256);
    EXPECT_GE(world.LimitHits("uncertified"), 1);
  }
  EXPECT_TRUE(world.Serves());
  EXPECT_TRUE(Soon([&] { return world.Metric("enlace_connections{state=\"uncertified\"}") == 0; }));
  PrintFlood("600 plain, 256 descriptors", world, peak, tally,
             fmt::format("evicted={}", world.LimitHits("uncertified")));
}

TEST(StrangerTest, AHandshakeThatDripsEndsAtItsTime) {
  DoorWorld world;
  ASSERT_TRUE(world.Serves());
  Peak peak(world);
  Victim victim = world.MakeVictim();
  PlainConnections strangers(world.port(), 100);
  // The head of a TLS record that promises 512 bytes, and then a byte now and then.
  const std::string head("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  for (const auto& client : strangers.all()) send(client->fd(), head.data(), head.size(), 0);
  const int64_t begin_ms = world.world().clock.SteadyMs();
  size_t open = strangers.all().size();
  while (open > 0 && world.world().clock.SteadyMs() - begin_ms < 20'000) {
    open = 0;
    for (const auto& client : strangers.all()) {
      if (send(client->fd(), "x", 1, MSG_NOSIGNAL) == 1 && !client->AwaitCut(1)) ++open;
    }
    poll(nullptr, 0, 200);
  }
  EXPECT_EQ(open, 0u);
  const Victim::Tally tally = victim.Stop();
  EXPECT_EQ(tally.failed, 0u);
  PrintFlood("TLS slow-loris, 100", world, peak, tally, "all ended at the handshake limit");
}

TEST(StrangerTest, HandshakesByTheHundredKeepNobodyOut) {
  DoorWorld world;
  ASSERT_TRUE(world.Serves());
  const TestCa unknown;
  const IssuedCertificate certificate = unknown.Issue(NodeWorld::Uri("BRA", "entity/police/files"));
  Peak peak(world);
  Victim victim = world.MakeVictim();
  std::atomic<size_t> handshakes = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
        while (std::chrono::steady_clock::now() < end) {
          H2Client client(world.port(), &certificate, kFarAddress);
          client.Connect();
          ++handshakes;
        }
      });
    }
  }
  const Victim::Tally tally = victim.Stop();
  EXPECT_EQ(tally.failed, 0u);
  EXPECT_GT(tally.served, 20u);
  EXPECT_LT(peak.Stop() - peak.before, 100 * kMegabyte);
  EXPECT_GE(world.Metric("enlace_handshakes_total{result=\"refused\"}"), 100);
  PrintFlood("handshake flood, 4 threads", world, peak, tally,
             fmt::format("handshakes={}", handshakes.load()));
}

TEST(StrangerTest, WhoStaysWithoutACallIsShownOutAndAnAddressHasItsShare) {
  DoorWorld world("limits: {address_connections_max: 5}\n");
  ASSERT_TRUE(world.Serves());
  PlainConnections strangers(world.port(), 8);
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(strangers.all()[i]->AwaitCut(10'000)) << i;
  EXPECT_EQ(world.LimitHits("address"), 3);
  EXPECT_TRUE(world.Serves());
}

}  // namespace
}  // namespace enlace::testing
