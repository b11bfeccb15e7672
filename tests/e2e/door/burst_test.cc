// Many connections of one certificate that begin at the same moment, each with no more than one
// may: what a limit for each connection does not bound.
#include "tests/e2e/door/door_world.h"

namespace enlace::testing {
namespace {

constexpr int64_t kBurstGrowthMax = 100 * kMegabyte;

class BurstTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  BurstTest() { EXPECT_TRUE(world_.Serves()); }

  // Connections of one certificate that never confirm the limits they are told; `known` ones have
  // made a call.
  void Connect(int count, bool known) {
    for (int i = 0; i < count; ++i) {
      // An address of 127.0.0.0/8 for every 250.
      clients_.push_back(std::make_unique<H2Client>(world_.port(), &attacker_,
                                                    fmt::format("127.0.0.{}", 2 + i / 250)));
      ASSERT_TRUE(clients_.back()->Connect(/*acknowledge=*/false)) << i;
      if (!known) continue;
      ASSERT_TRUE(clients_.back()->Send(
          h2::Frame(h2::kHeaders, h2::kEndHeaders, 1, h2::FirstCall(kHealthPath)) +
          h2::Frame(h2::kData, h2::kEndStream, 1, h2::Message(""))));
    }
    const std::string state = known ? "certified" : "uncertified";
    EXPECT_TRUE(Soon(
        [&] { return world_.Metric("enlace_connections{state=\"" + state + "\"}") >= count; }));
    peak_ = std::make_unique<Peak>(world_);
    victim_ = std::make_unique<Victim>(world_.Peer());
    victim_->AwaitCalls(50);
  }
  static std::string Streams(int count, bool known) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      text += h2::Frame(h2::kHeaders, h2::kEndHeaders, 3 + 2 * static_cast<uint32_t>(i),
                        i > 0 || known ? h2::NextCall() : h2::FirstCall(kHealthPath));
    }
    return text;
  }
  // On all of them at once. Each is cut, nobody else notices, and the memory is given back.
  void Burst(const std::string& attack, const std::string& text) {
    for (const auto& client : clients_) client->Send(text, 1'000);
    for (const auto& client : clients_) EXPECT_TRUE(client->AwaitCut(20'000));
    victim_->AwaitCalls(100);
    const Victim::Tally tally = victim_->Stop();
    EXPECT_EQ(tally.failed, 0u);
    EXPECT_LT(peak_->Stop() - peak_->before, kBurstGrowthMax);
    EXPECT_TRUE(world_.Serves());
    EXPECT_TRUE(Soon([&] { return world_.ResidentBytes() < peak_->before + 20 * kMegabyte; }));
    std::string hits;
    for (const char* limit : {"streams", "identity_streams", "identity_bytes", "refusals"}) {
      hits += fmt::format("{}={} ", limit, world_.LimitHits(limit));
    }
    PrintFlood(attack, world_, *peak_, tally,
               fmt::format("{}worst={} ms", hits, tally.worst_us / 1000));
  }

  DoorWorld world_;
  const IssuedCertificate attacker_ = world_.Attacker();
  std::vector<std::unique_ptr<H2Client>> clients_;
  std::unique_ptr<Peak> peak_;
  std::unique_ptr<Victim> victim_;
};

// In one record of TLS, of which gRPC begins all before anybody can look.
TEST_F(BurstTest, OfAThousandCallsOnEachNewConnectionIsCut) {
  Connect(250, /*known=*/false);
  Burst("250 new x 1,000 streams", Streams(1'000, /*known=*/false));
  EXPECT_GE(world_.LimitHits("streams") + world_.LimitHits("identity_streams"), 1);
}

TEST_F(BurstTest, OfAsManyCallsAsEachOfAThousandConnectionsMayHaveIsCut) {
  Connect(1'000, /*known=*/true);
  Burst("1,000 x 120 streams", Streams(120, /*known=*/true));
  EXPECT_GE(world_.LimitHits("refusals") + world_.LimitHits("identity_streams"), 1);
}

TEST_F(BurstTest, OfHeadersWithoutEndOnAThousandConnectionsIsCut) {
  Connect(1'000, /*known=*/true);
  // The name of a header, of 40,000,000 bytes; no more of it than one connection may have.
  std::string text =
      h2::Frame(h2::kHeaders, 0, 3, "\x83\x87" + std::string("\x00\x7f\x81\xb3\x89\x13", 6));
  while (text.size() < 200'000) {
    text += h2::Frame(h2::kContinuation, 0, 3, std::string(1'000, 'a'));
  }
  Burst("1,000 x 200 kB of a header", text);
  EXPECT_GE(world_.LimitHits("identity_bytes"), 1);
}

}  // namespace
}  // namespace enlace::testing
