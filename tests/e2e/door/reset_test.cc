// Rapid reset and its relatives against a real node (CVE-2023-44487).
#include "tests/e2e/door/door_world.h"

namespace enlace::testing {
namespace {

// HEADERS, five bytes of DATA, RST_STREAM, as often as `count`; then again on a new connection as
// often as there is time. Returns how many streams went out.
size_t ResetStreams(uint16_t port, const IssuedCertificate& certificate, size_t count,
                    std::chrono::seconds length, const std::string& source) {
  const auto end = std::chrono::steady_clock::now() + length;
  size_t sent = 0;
  while (sent < count && std::chrono::steady_clock::now() < end) {
    H2Client client(port, &certificate, source);
    if (!client.Connect()) {
      poll(nullptr, 0, 20);
      continue;
    }
    std::string batch;
    for (uint32_t stream = 1; sent < count && std::chrono::steady_clock::now() < end; stream += 2) {
      batch += h2::Frame(h2::kHeaders, h2::kEndHeaders, stream,
                         stream == 1 ? h2::FirstCall(kHealthPath) : h2::NextCall());
      batch += h2::Frame(h2::kData, 0, stream, h2::Message(""));
      batch += h2::Reset(stream);
      if (stream % 64 != 1) continue;
      if (!client.Send(batch)) break;
      sent += stream == 1 ? 1 : 32;
      batch.clear();
    }
  }
  return sent;
}

TEST(ResetTest, APeerThatResetsStreamsByTheThousandIsCutAndShutOut) {
  DoorWorld world;
  ASSERT_TRUE(world.Serves());
  const IssuedCertificate attacker = world.Attacker();
  Peak peak(world);
  Victim victim = world.MakeVictim();
  std::atomic<size_t> sent = 0;
  const std::chrono::seconds length(std::stoi(Setting("ENLACE_FLOOD_SECONDS", "5")));
  {
    std::vector<std::jthread> connections;
    for (int i = 0; i < 4; ++i) {
      connections.emplace_back(
          [&] { sent += ResetStreams(world.port(), attacker, 20'000, length, "127.0.0.2"); });
    }
  }
  victim.AwaitCalls(200);
  const Victim::Tally tally = victim.Stop();
  EXPECT_TRUE(Soon([&] { return world.ResidentBytes() < peak.before + 60 * kMegabyte; }));
  PrintFlood("rapid reset, 4 connections", world, peak, tally,
             fmt::format("streams={} resets={} shut_out={}", sent.load(), world.LimitHits("resets"),
                         world.LimitHits("shut_out")));
  EXPECT_LT(peak.Stop() - peak.before, 100 * kMegabyte);
  EXPECT_EQ(tally.failed, 0u);
  EXPECT_GE(world.LimitHits("shut_out"), 1);
  EXPECT_TRUE(world.Serves());
}

}  // namespace
}  // namespace enlace::testing
