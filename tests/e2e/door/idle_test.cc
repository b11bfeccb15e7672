// Many callers at once who are honest and silent.
#include "tests/e2e/door/door_world.h"

namespace enlace::testing {
namespace {

TEST(IdleTest, AThousandIdleCallersNeedLittleMemoryAndGiveItBack) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < 4096) GTEST_SKIP() << "this system allows few descriptors";
  DoorWorld world;
  ASSERT_TRUE(world.Serves());
  const IssuedCertificate peer = world.world().ca("BRA").Issue(NodeWorld::Uri("BRA", "node"));
  Peak peak(world);
  const int64_t files = world.OpenFiles();
  std::vector<std::unique_ptr<H2Client>> callers;
  for (int i = 0; i < 1'000; ++i) {
    // An address of 127.0.0.0/8 for every 250.
    callers.push_back(
        std::make_unique<H2Client>(world.port(), &peer, fmt::format("127.0.0.{}", 2 + i / 250)));
    ASSERT_TRUE(callers.back()->Connect()) << i;
    ASSERT_TRUE(callers.back()->Send(
        h2::Frame(h2::kHeaders, h2::kEndHeaders, 1, h2::FirstCall(kHealthPath)) +
        h2::Frame(h2::kData, h2::kEndStream, 1, h2::Message(""))));
  }
  const std::string certified = "enlace_connections{state=\"certified\"}";
  EXPECT_TRUE(Soon([&] { return world.Metric(certified) >= 1'000; }));
  const int64_t held = world.ResidentBytes();
  EXPECT_LT(held, 200 * kMegabyte);
  EXPECT_TRUE(world.Serves());
  callers.clear();
  EXPECT_TRUE(Soon([&] { return world.Metric(certified) == 0; }));
  EXPECT_TRUE(Soon([&] { return world.OpenFiles() <= files + 8; }));
  EXPECT_TRUE(Soon([&] { return world.ResidentBytes() < peak.before + 50 * kMegabyte; }));
  PrintFlood("1,000 idle callers", world, peak, {}, fmt::format("held={} MB", held / kMegabyte));
}

}  // namespace
}  // namespace enlace::testing
