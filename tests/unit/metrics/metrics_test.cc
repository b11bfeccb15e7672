#include "node/metrics/metrics.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <regex>

#include "gtest/gtest.h"

namespace enlace::metrics {
namespace {

bool Has(const Metrics& metrics, const std::string& line) {
  return ("\n" + metrics.Render()).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, CountsCallsByClassAndCode) {
  Metrics metrics;
  metrics.CountCall(CallClass::kPeer, absl::StatusCode::kNotFound, 1500);
  EXPECT_TRUE(Has(metrics, "enlace_calls_total{class=\"peer\",code=\"NOT_FOUND\"} 1"));
  EXPECT_TRUE(Has(metrics, "enlace_call_seconds_sum{class=\"peer\"} 0.0015"));
  metrics.CountCall(CallClass::kPeer, static_cast<absl::StatusCode>(999), 0);
  EXPECT_TRUE(Has(metrics, "enlace_calls_total{class=\"peer\",code=\"UNAUTHENTICATED\"} 1"));
}

TEST(Metrics, CountsRefusalsHandshakesAndCommits) {
  Metrics metrics;
  metrics.CountRefusal(CallClass::kClient);
  metrics.CountHandshake(false);
  metrics.CountUnidentified(Door::kFront);
  metrics.CountCommit(true, 7, 200);
  metrics.CountCommit(false, 3, 200);
  EXPECT_TRUE(Has(metrics, "enlace_calls_refused_total{class=\"client\"} 1"));
  EXPECT_TRUE(Has(metrics, "enlace_handshakes_total{result=\"refused\"} 1"));
  EXPECT_TRUE(Has(metrics, "enlace_calls_unidentified_total{door=\"front\"} 1"));
  EXPECT_TRUE(Has(metrics, "enlace_calls_unidentified_total{door=\"network\"} 0"));
  EXPECT_TRUE(Has(metrics, "enlace_store_commits_total{result=\"ok\"} 1"));
  EXPECT_TRUE(Has(metrics, "enlace_store_commits_total{result=\"failed\"} 1"));
  EXPECT_TRUE(Has(metrics, "enlace_store_writes_total 7"));
}

TEST(Metrics, CountsMethodsByName) {
  Metrics metrics;
  metrics.SetMethods({"/a.B/C"});
  metrics.CountMethod("/a.B/C", true, 500'000);
  metrics.CountMethod("/a.B/C", false, 250'000);
  metrics.CountMethod("/maria/gomez", true, 1);
  EXPECT_TRUE(Has(metrics, "enlace_method_calls_total{method=\"a.B/C\",result=\"ok\"} 1"));
  EXPECT_TRUE(Has(metrics, "enlace_method_calls_total{method=\"a.B/C\",result=\"failed\"} 1"));
  EXPECT_TRUE(Has(metrics, "enlace_method_seconds_total{method=\"a.B/C\"} 0.75"));
  EXPECT_TRUE(Has(metrics, "enlace_method_calls_total{method=\"unknown\",result=\"ok\"} 1"));
  EXPECT_EQ(metrics.Render().find("maria"), std::string::npos);
}

TEST(Metrics, ShowsWriterSyncsAndStalls) {
  Metrics metrics;
  metrics.CountCommit(true, 7, 200);
  metrics.SetWriterQueue(3);
  metrics.CountSync(SyncedFile::kAnchor, 2000);
  metrics.CountStall(true);
  EXPECT_TRUE(Has(metrics, "enlace_store_group_writes_sum 7"));
  EXPECT_TRUE(Has(metrics, "enlace_store_queue_writes 3"));
  EXPECT_TRUE(Has(metrics, "enlace_store_sync_seconds_sum{file=\"anchor\"} 0.002"));
  EXPECT_TRUE(Has(metrics, "enlace_database_stalls_total{kind=\"stopped\"} 1"));
  EXPECT_TRUE(Has(metrics, "enlace_database_stalls_total{kind=\"slowed\"} 0"));
}

TEST(Metrics, ShowsTheDisksRoom) {
  Metrics metrics;
  metrics.SetDiskRoom(1, 4096);
  EXPECT_TRUE(Has(metrics, "enlace_disk_room 1"));
  EXPECT_TRUE(Has(metrics, "enlace_disk_reserve_bytes 4096"));
}

TEST(Metrics, ShowsHowTheDatabaseStands) {
  Metrics metrics;
  metrics.SetDatabase({.table_bytes = 1,
                       .memory_bytes = 2,
                       .cache_bytes = 3,
                       .pending_compaction_bytes = 4,
                       .free_bytes = 5,
                       .writes_stopped = true});
  for (const char* line : {"table_bytes 1", "memory_bytes 2", "cache_bytes 3",
                           "pending_compaction_bytes 4", "free_bytes 5", "writes_stopped 1"}) {
    EXPECT_TRUE(Has(metrics, std::string("enlace_database_") + line)) << line;
  }
}

TEST(Metrics, CountsLimitsAndShowsConnectionsByState) {
  Metrics metrics;
  metrics.CountLimit(Limit::kResets);
  metrics.CountLimit(Limit::kShutOut);
  metrics.CountLimit(Limit::kShutOut);
  metrics.SetConnections(3, 4, 1);
  EXPECT_TRUE(Has(metrics, "enlace_limits_hit_total{limit=\"resets\"} 1"));
  EXPECT_TRUE(Has(metrics, "enlace_limits_hit_total{limit=\"shut_out\"} 2"));
  EXPECT_TRUE(Has(metrics, "enlace_limits_hit_total{limit=\"bytes\"} 0"));
  EXPECT_TRUE(Has(metrics, "enlace_connections{state=\"uncertified\"} 3"));
  EXPECT_TRUE(Has(metrics, "enlace_connections{state=\"certified\"} 4"));
  EXPECT_TRUE(Has(metrics, "enlace_connections{state=\"own\"} 1"));
}

TEST(Metrics, ShowsReadinessAndTheCertificatesEnd) {
  Metrics metrics;
  EXPECT_TRUE(Has(metrics, "enlace_ready 0"));
  metrics.SetReady(true);
  metrics.SetCertificateExpiry(3600);
  EXPECT_TRUE(Has(metrics, "enlace_ready 1"));
  EXPECT_TRUE(Has(metrics, "enlace_certificate_expiry_seconds 3600"));
}

TEST(Metrics, ShowsMirrorsOfJurisdictionsOnly) {
  Metrics metrics;
  metrics.SetMirrorLag("BRA", 12);
  metrics.SetMirrorAge("BRA", 60);
  for (const char* text : {"", "bra", "BRAZ", "maria", "B\"A"}) metrics.SetMirrorLag(text, 1);
  EXPECT_TRUE(Has(metrics, "enlace_mirror_lag_entries{jurisdiction=\"BRA\"} 12"));
  EXPECT_TRUE(Has(metrics, "enlace_mirror_age_seconds{jurisdiction=\"BRA\"} 60"));
  const std::string text = metrics.Render();
  EXPECT_EQ(text.find("maria"), std::string::npos);
  EXPECT_EQ(text.find("bra\""), std::string::npos);
}

TEST(Metrics, HasALimitOnJurisdictions) {
  Metrics metrics;
  size_t shown = 0;
  for (char a = 'A'; a <= 'C'; ++a) {
    for (char b = 'A'; b <= 'Z'; ++b) metrics.SetMirrorLag(std::string{a, b, 'X'}, 1);
  }
  const std::string text = metrics.Render();
  for (size_t at = 0; (at = text.find("entries{", at)) != std::string::npos; ++at) ++shown;
  EXPECT_EQ(shown, Metrics::kPeersMax);
}

// Names and label values come from this module alone.
TEST(Metrics, AllSamplesHaveOurNamesAndClosedLabels) {
  Metrics metrics;
  metrics.SetMirrorLag("BRA", 1);
  std::istringstream lines(metrics.Render());
  const std::regex sample(
      "enlace_[a-z_]+(\\{((class|code|door|result|method|file|kind|jurisdiction|limit|state|le)="
      "\"[A-Za-z_0-9.+/]+\",?)+\\})? \\S+");
  std::string line;
  while (std::getline(lines, line)) {
    if (line.starts_with("#")) continue;
    EXPECT_TRUE(std::regex_match(line, sample)) << line;
  }
}

std::string Fetch(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
  EXPECT_EQ(send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t size = 0; (size = recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
    answer.append(buffer, static_cast<size_t>(size));
  }
  close(fd);
  return answer;
}

TEST(Exposer, AnswersOnLoopback) {
  Metrics metrics;
  metrics.SetReady(true);
  const auto exposer = Exposer::Start(metrics, "127.0.0.1:0");
  ASSERT_TRUE(exposer.ok()) << exposer.status();
  EXPECT_NE(Fetch((*exposer)->port()).find("enlace_ready 1"), std::string::npos);
}

TEST(Exposer, RefusesAnAddressThatOthersReach) {
  Metrics metrics;
  for (const char* address : {"0.0.0.0:0", "10.0.0.1:9464", "localhost:0", ":9464", ""}) {
    const auto exposer = Exposer::Start(metrics, address);
    ASSERT_FALSE(exposer.ok()) << address;
    EXPECT_EQ(ReasonOf(exposer.status()), Reason::CONFIG_INVALID);
  }
}

TEST(Exposer, ReportsATakenPort) {
  Metrics metrics;
  const auto first = Exposer::Start(metrics, "127.0.0.1:0");
  ASSERT_TRUE(first.ok());
  const auto second = Exposer::Start(metrics, "127.0.0.1:" + std::to_string((*first)->port()));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(ReasonOf(second.status()), Reason::LISTEN_FAILED);
}

}  // namespace
}  // namespace enlace::metrics
