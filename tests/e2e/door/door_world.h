#pragma once

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "grpc/health/v1/health.pb.h"
#include "tests/testing/h2_client.h"
#include "tests/testing/node_world.h"
#include "tests/testing/process.h"

// A real node of ARG as a process, floods against its network door, and somebody honest.
namespace enlace::testing {

inline constexpr int64_t kMegabyte = 1 << 20;
inline constexpr char kFarAddress[] = "127.0.0.2";  // Not the node's own.
inline constexpr char kHealthPath[] = "/grpc.health.v1.Health/Check";

// Of the long form (tests/long/floods.sh).
inline std::string Setting(const char* name, const std::string& fallback) {
  const char* const value = std::getenv(name);
  return value == nullptr || *value == '\0' ? fallback : value;
}

// As Eventually; of another program than ours, which may never do it, five seconds are enough.
template <typename Predicate>
bool Soon(Predicate met) {
  if (Setting("ENLACE_FLOODED", "").empty()) return Eventually(met);
  for (int waited = 0; waited < 5'000 && !met(); waited += kLookMs) poll(nullptr, 0, kLookMs);
  return met();
}

// Calls the node as long as it lives, as another node does.
class Victim {
 public:
  explicit Victim(std::unique_ptr<client::Client> client) : client_(std::move(client)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }
  // Until it was served so many times more.
  void AwaitCalls(size_t count) {
    const size_t enough = served_ + count;
    EXPECT_TRUE(Soon([&] { return served_ >= enough; }));
  }
  struct Tally {
    size_t served = 0;
    size_t failed = 0;
    int64_t p99_us = 0;
    int64_t worst_us = 0;
  };
  // Ends it.
  Tally Stop() {
    thread_.request_stop();
    thread_.join();
    Tally tally{us_.size(), failed_, 0, 0};
    if (us_.empty()) return tally;
    std::sort(us_.begin(), us_.end());
    tally.p99_us = us_[us_.size() * 99 / 100];
    tally.worst_us = us_.back();
    return tally;
  }

 private:
  void Run(const std::stop_token& stop) {
    const SystemClock clock;
    while (!stop.stop_requested()) {
      const int64_t begin_us = clock.SteadyUs();
      const bool ok = client_
                          ->Call<grpc::health::v1::HealthCheckResponse>(
                              kHealthPath, grpc::health::v1::HealthCheckRequest())
                          .ok();
      if (ok) us_.push_back(clock.SteadyUs() - begin_us);
      if (ok) ++served_;
      if (!ok) ++failed_;
      poll(nullptr, 0, 2);
    }
  }
  const std::unique_ptr<client::Client> client_;
  std::atomic<size_t> served_ = 0;
  std::vector<int64_t> us_;
  size_t failed_ = 0;
  std::jthread thread_;
};

class DoorWorld {
 public:
  // `more` are lines of the configuration; `prefix` runs before the node, as "prlimit".
  explicit DoorWorld(const std::string& more = "", std::vector<std::string> prefix = {})
      : metrics_port_(FreePort()) {
    EXPECT_TRUE(world_.Init("ARG").ok());
    world_.WriteConfig(
        "ARG", fmt::format("metrics: {{listen: \"127.0.0.1:{}\"}}\n{}", metrics_port_, more));
    prefix.insert(
        prefix.end(),
        {Setting("ENLACE_FLOODED", std::string(ENLACE_BINARY_DIR) + "/bin/enlaced"), "serve",
         "--config", world_.ConfigFile("ARG"), "--ready-file", dir_.path("ready")});
    const std::string program = prefix.front();
    prefix.erase(prefix.begin());
    std::vector<std::string> environment;
#ifdef __SANITIZE_ADDRESS__
    // What it keeps of freed memory, 256 MB by itself, is not what these tests measure.
    environment = {"ASAN_OPTIONS=quarantine_size_mb=4:thread_local_quarantine_size_kb=64"};
#endif
    node_ = std::make_unique<Process>(program, prefix, dir_.path("log"), environment);
    EXPECT_TRUE(Eventually(
        [&] { return std::filesystem::exists(dir_.path("ready")) || !node_->Running(); }));
    EXPECT_TRUE(node_->Running()) << node_->Output();
  }

  uint16_t port() const { return world_.port("ARG"); }
  Process& node() { return *node_; }
  NodeWorld& world() { return world_; }

  // Holds a certificate of the network, of another jurisdiction.
  IssuedCertificate Attacker(const std::string& name = "attacker") const {
    return world_.ca("BRA").Issue(NodeWorld::Uri("BRA", "entity/" + name + "/files"));
  }
  std::unique_ptr<client::Client> Peer() { return world_.Connect("ARG", "node", "BRA"); }
  Victim MakeVictim() { return Victim(Peer()); }
  // A new connection, a certified call.
  static bool Serves(client::Client& client) {
    return client
        .Call<grpc::health::v1::HealthCheckResponse>(kHealthPath,
                                                     grpc::health::v1::HealthCheckRequest())
        .ok();
  }
  bool Serves() { return Serves(*Peer()); }

  int64_t ResidentBytes() const {
    std::istringstream text(TempDir::Read(fmt::format("/proc/{}/statm", node_->pid())));
    int64_t size = 0;
    int64_t resident = 0;
    text >> size >> resident;
    return resident * 4096;
  }
  int64_t OpenFiles() const {
    int64_t count = 0;
    for ([[maybe_unused]] const auto& file :
         std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", node_->pid()))) {
      ++count;
    }
    return count;
  }
  // A metric's value, as 'enlace_limits_hit_total{limit="bytes"}'; -1 when it is not there.
  double Metric(const std::string& name) const {
    const std::string text = MetricsText();
    const size_t found = text.find("\n" + name + " ");
    return found == std::string::npos ? -1 : std::stod(text.substr(found + name.size() + 2));
  }
  double LimitHits(const std::string& limit) const {
    return Metric("enlace_limits_hit_total{limit=\"" + limit + "\"}");
  }

 private:
  std::string MetricsText() const {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(metrics_port_);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
    const std::string ask = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(send(fd, ask.data(), ask.size(), MSG_NOSIGNAL), static_cast<ssize_t>(ask.size()));
    std::string text;
    char buffer[4096];
    for (ssize_t size = 0; (size = recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
      text.append(buffer, static_cast<size_t>(size));
    }
    close(fd);
    return text;
  }

  NodeWorld world_{{"ARG", "BRA"}};
  const uint16_t metrics_port_;
  TempDir dir_;
  std::unique_ptr<Process> node_;
};

// The highest figure while it lives.
class Peak {
 public:
  explicit Peak(const DoorWorld& world) : world_(world), before(world.ResidentBytes()) {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        peak_ = std::max(peak_, world_.ResidentBytes());
        poll(nullptr, 0, 10);
      }
    });
  }
  int64_t Stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    return peak_;
  }

 private:
  const DoorWorld& world_;
  int64_t peak_ = 0;

 public:
  const int64_t before;

 private:
  std::jthread thread_;
};

// One line of the flood table.
inline void PrintFlood(const std::string& attack, const DoorWorld& world, Peak& peak,
                       const Victim::Tally& victim, const std::string& outcome) {
  const int64_t highest = peak.Stop();
  fmt::print("flood | {:28} | {:5} | {:5} | {:5} | {:8.1f} | {:5} | {:4} | {}\n", attack,
             peak.before / kMegabyte, highest / kMegabyte, world.ResidentBytes() / kMegabyte,
             static_cast<double>(victim.p99_us) / 1000, victim.served, victim.failed, outcome);
}

}  // namespace enlace::testing
