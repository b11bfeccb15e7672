// Floods by a holder of a valid certificate of another jurisdiction.
#include "enlace/exchange/v1/case_service.pb.h"
#include "tests/e2e/door/door_world.h"

namespace enlace::testing {
namespace {

class CallerFloodTest : public ::testing::Test {
 protected:
  CallerFloodTest() {
    EXPECT_TRUE(world_.Serves());
    peak_ = std::make_unique<Peak>(world_);
    victim_ = std::make_unique<Victim>(world_.Peer());
  }
  std::unique_ptr<H2Client> Connect() {
    auto client = std::make_unique<H2Client>(world_.port(), &attacker_, kFarAddress);
    EXPECT_TRUE(client->Connect());
    return client;
  }
  // The same piece again and again until the connection is cut, or `bytes_max` went out.
  // Returns the bytes that went out.
  static size_t Flood(H2Client& client, const std::string& piece, size_t bytes_max) {
    size_t sent = 0;
    while (sent < bytes_max && client.Send(piece)) sent += piece.size();
    return sent;
  }
  // What holds after every flood.
  void Finish(const std::string& attack, const std::string& outcome,
              int64_t growth_max = 100 * kMegabyte) {
    victim_->AwaitCalls(100);
    const Victim::Tally tally = victim_->Stop();
    EXPECT_EQ(tally.failed, 0u);
    EXPECT_LT(peak_->Stop() - peak_->before, growth_max);
    EXPECT_TRUE(world_.Serves());
    EXPECT_TRUE(Soon([&] { return world_.ResidentBytes() < peak_->before + 60 * kMegabyte; }));
    PrintFlood(attack, world_, *peak_, tally, outcome);
  }

  DoorWorld world_;
  const IssuedCertificate attacker_ = world_.Attacker();
  std::unique_ptr<Peak> peak_;
  std::unique_ptr<Victim> victim_;
};

std::string Repeated(const std::string& frame, size_t times) {
  std::string text;
  for (size_t i = 0; i < times; ++i) text += frame;
  return text;
}

constexpr size_t kManyBytes = 64 << 20;

TEST_F(CallerFloodTest, AHeaderWithoutEndIsCut) {
  const auto client = Connect();
  // The name of a header, of 40,000,000 bytes, in CONTINUATION frames: what burned a core for a
  // minute, since gRPC begins anew with each frame.
  const std::string start = "\x83\x87" + std::string("\x00\x7f\x81\xb3\x89\x13", 6);
  EXPECT_TRUE(client->Send(h2::Frame(h2::kHeaders, 0, 1, start)));
  const std::string more = h2::Frame(h2::kContinuation, 0, 1, Repeated("a", 16'000));
  const size_t sent = Flood(*client, more, kManyBytes);
  EXPECT_LT(sent, kManyBytes);
  EXPECT_TRUE(Soon([&] { return world_.LimitHits("bytes") >= 1; }));
  Finish("header without end",
         fmt::format("cut after {} kB, bytes={}", sent >> 10, world_.LimitHits("bytes")));
}

TEST_F(CallerFloodTest, ManySmallContinuationsAreCut) {
  const auto client = Connect();
  EXPECT_TRUE(client->Send(h2::Frame(h2::kHeaders, 0, 1, "\x83\x87")));
  const std::string field("\x00\x01x\x01y", 5);
  const std::string more = Repeated(h2::Frame(h2::kContinuation, 0, 1, Repeated(field, 4)), 500);
  const size_t sent = Flood(*client, more, kManyBytes);
  EXPECT_LT(sent, kManyBytes);
  EXPECT_TRUE(Soon([&] { return world_.LimitHits("bytes") >= 1; }));
  Finish("CONTINUATION flood",
         fmt::format("cut after {} kB, bytes={}", sent >> 10, world_.LimitHits("bytes")));
}

TEST_F(CallerFloodTest, PingsAreCut) {
  const auto client = Connect();
  const std::string pings = Repeated(h2::Frame(h2::kPing, 0, 0, "12345678"), 1'000);
  const size_t sent = Flood(*client, pings, kManyBytes);
  EXPECT_LT(sent, kManyBytes);
  EXPECT_TRUE(Soon([&] { return world_.LimitHits("bytes") >= 1; }));
  Finish("PING flood",
         fmt::format("cut after {} kB, bytes={}", sent >> 10, world_.LimitHits("bytes")));
}

TEST_F(CallerFloodTest, SettingsAreCut) {
  const auto client = Connect();
  const std::string settings = Repeated(h2::Frame(h2::kSettings, 0, 0, ""), 1'000);
  const size_t sent = Flood(*client, settings, kManyBytes);
  EXPECT_LT(sent, kManyBytes);
  EXPECT_TRUE(Soon([&] { return world_.LimitHits("bytes") >= 1; }));
  Finish("SETTINGS flood",
         fmt::format("cut after {} kB, bytes={}", sent >> 10, world_.LimitHits("bytes")));
}

TEST_F(CallerFloodTest, StreamsWithoutRequestsAreCut) {
  H2Client client(world_.port(), &attacker_, kFarAddress);
  ASSERT_TRUE(client.Connect(/*acknowledge=*/false));  // So that no limit of streams binds.
  size_t streams = 0;
  std::string batch;
  for (uint32_t stream = 1; stream < 200'000; stream += 2) {
    batch += h2::Frame(h2::kHeaders, h2::kEndHeaders, stream,
                       stream == 1 ? h2::FirstCall(kHealthPath) : h2::NextCall());
    if (stream % 64 != 1) continue;
    if (!client.Send(batch)) break;
    streams += 32;
    batch.clear();
  }
  EXPECT_TRUE(client.AwaitCut(10'000));
  EXPECT_TRUE(Soon([&] { return world_.LimitHits("streams") + world_.LimitHits("bytes") >= 1; }));
  Finish("streams without requests",
         fmt::format("streams={} hits={}", streams, world_.LimitHits("streams")));
}

// Of one certificate on many connections, each with a call that it may make before: what one
// connection may bring unlooked at, all of them bring at the same time.
TEST_F(CallerFloodTest, StreamsOfManyConnectionsAtOnceAreCut) {
  constexpr int kConnections = 60;
  constexpr uint32_t kStreams = 4'000;
  std::vector<std::unique_ptr<H2Client>> clients;
  for (int i = 0; i < kConnections; ++i) {
    clients.push_back(std::make_unique<H2Client>(world_.port(), &attacker_, kFarAddress));
    H2Client& client = *clients.back();
    ASSERT_TRUE(client.Connect(/*acknowledge=*/false));
    ASSERT_TRUE(
        client.Send(h2::Frame(h2::kHeaders, h2::kEndHeaders, 1, h2::FirstCall(kHealthPath)) +
                    h2::Frame(h2::kData, h2::kEndStream, 1, h2::Message(""))));
    // Of a TLS session's first bytes some are the session's own.
    ASSERT_TRUE(Soon([&] { return !client.Receive(100).empty(); }));
  }
  std::string burst;
  for (uint32_t i = 0; i < kStreams; ++i) {
    burst += h2::Frame(h2::kHeaders, h2::kEndHeaders, 3 + 2 * i, h2::NextCall());
  }
  for (const auto& client : clients) client->Send(burst);
  for (const auto& client : clients) EXPECT_TRUE(client->AwaitCut(20'000));
  // Whichever of them is seen first.
  EXPECT_TRUE(Soon([&] {
    return world_.LimitHits("streams") + world_.LimitHits("identity_streams") +
               world_.LimitHits("refusals") >=
           1;
  }));
  // gRPC begins 1,000 streams, of 20 kB each, of one record of TLS before anybody can look.
  Finish("streams on 60 connections", fmt::format("hits={}", world_.LimitHits("streams")),
         400 * kMegabyte);
}

TEST_F(CallerFloodTest, AMillionElementsAreRefused) {
  const auto agency = world_.world().Connect("ARG", "entity/police/files");
  // Empty rows of a delivery: within the bytes of a request, and much larger once they are parsed.
  for (const int records : {200'000, 1'000'000}) {
    exchange::v1::ImportCaseRecordsRequest request;
    for (int i = 0; i < records; ++i) request.add_rows();
    for (int time = 0; time < 5; ++time) {
      const auto answer = agency->Call<exchange::v1::ImportCaseRecordsResponse>(
          "/enlace.exchange.v1.CaseService/ImportCaseRecords", request);
      EXPECT_EQ(ReasonOf(answer.status()), Reason::REQUEST_TOO_LARGE) << answer.status();
    }
  }
  Finish("10^6 elements", "refused");
}

TEST_F(CallerFloodTest, ACompressedBombIsRefusedUnread) {
  const auto client = Connect();
  std::string headers = h2::FirstCall(kHealthPath);
  headers += std::string("\x00\x0d", 2) + "grpc-encoding" + "\x04gzip";
  EXPECT_TRUE(client->Send(
      h2::Frame(h2::kHeaders, h2::kEndHeaders, 1, headers) +
      h2::Frame(h2::kData, h2::kEndStream, 1, h2::Message(std::string(10'000, 'x'), true))));
  EXPECT_TRUE(Soon([&] { return client->Receive(1'000) != ""; }));
  Finish("compressed bomb", "refused unread");
}

}  // namespace
}  // namespace enlace::testing
