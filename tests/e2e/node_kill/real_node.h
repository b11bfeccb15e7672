#pragma once

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "enlace/exchange/v1/case_service.pb.h"
#include "node/model/attributes.h"
#include "node/store/store.h"
#include "tests/testing/node_world.h"
#include "tests/testing/process.h"
#include "tests/testing/settings.h"

// A node of ARG as a process that is killed and started again, and what its agencies hand in.
namespace enlace::testing {

namespace pb = enlace::exchange::v1;

class RealNode {
 public:
  RealNode() {
    world_.WriteConfig("ARG");
    EXPECT_EQ(Run({"init", "--config", Config(), "--pin-secretariat-later"}), 0) << output_;
  }

  // False when it refuses; its words are a failure of the test.
  bool Start() {
    const int64_t begin_ms = world_.clock.SteadyMs();
    Spawn();
    EXPECT_TRUE(Eventually([&] { return IsReady() || !process_->Running(); }));
    const bool runs = process_->Running();
    EXPECT_TRUE(runs) << process_->Output();
    if (runs) start_ms_.push_back(world_.clock.SteadyMs() - begin_ms);
    return runs;
  }
  // Begins to start and does not wait.
  void Spawn() {
    std::filesystem::remove(ReadyFile());
    process_ = std::make_unique<Process>(
        Program(),
        std::vector<std::string>{"serve", "--config", Config(), "--ready-file", ReadyFile()},
        logs_.path(std::to_string(runs_++)), environment_);
  }
  // Of the starts from now on, as "NAME=value".
  void SetEnvironment(std::vector<std::string> environment) {
    environment_ = std::move(environment);
  }
  void Kill() {
    process_->Signal(SIGKILL);
    AwaitKilled();
  }
  bool Running() { return process_->Running(); }
  bool IsReady() const { return std::filesystem::exists(ReadyFile()); }
  // It ends by a signal that was sent to it, or that it sent itself.
  void AwaitKilled() {
    EXPECT_EQ(process_->Wait(), -1) << process_->Output();
    process_.reset();
  }
  // Of the stopped node, or one that was killed.
  StatusOr<std::unique_ptr<store::Store>> OpenStore() {
    ENLACE_ASSIGN_OR_RETURN(const auto config, config::LoadNodeConfig(Config()));
    return store::Store::Open(app::StoreOptionsOf(config), world_.clock);
  }
  // Of the stopped node: every row, the audit chain, all channels.
  bool Verifies() { return Run({"verify", "--config", Config()}) == 0; }
  const std::string& output() const { return output_; }

  std::unique_ptr<client::Client> Connect(const std::string& path) {
    return world_.Connect("ARG", path);
  }
  // The milliseconds that `share` of the starts stayed below.
  int64_t StartMs(double share) const {
    std::vector<int64_t> sorted = start_ms_;
    std::sort(sorted.begin(), sorted.end());
    if (sorted.empty()) return 0;
    const auto at = static_cast<size_t>(share * static_cast<double>(sorted.size()));
    return sorted[std::min(at, sorted.size() - 1)];
  }

 private:
  static std::string Program() { return std::string(ENLACE_BINARY_DIR) + "/bin/enlaced"; }
  std::string Config() const { return world_.ConfigFile("ARG"); }
  std::string ReadyFile() const { return logs_.path("ready"); }
  int Run(const std::vector<std::string>& arguments) {
    Process program(Program(), arguments, logs_.path("command"));
    const int code = program.Wait();
    output_ = program.Output();
    return code;
  }

  NodeWorld world_{{"ARG"}};
  TempDir logs_;
  std::string output_;
  std::vector<std::string> environment_;
  int runs_ = 0;
  std::unique_ptr<Process> process_;
  std::vector<int64_t> start_ms_;
};

inline constexpr char kCases[] = "/enlace.exchange.v1.CaseService/";

template <typename Response, typename Request>
StatusOr<Response> CallCases(client::Client& client, const std::string& method,
                             const Request& request) {
  return client.Call<Response>(kCases + method, request);
}

// A record whose content is one of some thousands.
inline pb::CaseRecord SomeRecord(std::mt19937_64& random) {
  pb::CaseRecord record;
  record.set_codelist_version(1);
  record.set_registration_year(1990 + static_cast<uint32_t>(random() % 35));
  record.set_registration_quarter(static_cast<uint32_t>(random() % 5));
  auto& single = *record.add_singles();
  single.set_attribute(model::kSex);
  single.set_code(1 + static_cast<uint32_t>(random() % 2));
  auto& set = *record.add_sets();
  set.set_attribute(model::kForms);
  for (uint32_t code = 1; code <= 4; ++code) {
    const uint64_t dice = random() % 3;
    if (dice == 0) set.add_affirmed(code);
    if (dice == 1) set.add_denied(code);
  }
  set.set_rest(pb::MISSING_UNKNOWN);
  return record;
}

// What the agency gave of a record, without what the node made of it.
inline std::string ContentOf(pb::CaseRecord record) {
  record.clear_name();
  record.clear_entity();
  record.clear_state();
  record.clear_revision();
  record.clear_create_time_ms();
  record.clear_update_time_ms();
  record.clear_etag();
  return record.SerializeAsString();
}

inline std::string RandomHex(std::mt19937_64& random) {
  return fmt::format("{:016x}{:016x}", random(), random());
}
inline std::string RandomUuid(std::mt19937_64& random) {
  const std::string hex = RandomHex(random);
  return fmt::format("{}-{}-4{}-8{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3),
                     hex.substr(17, 3), hex.substr(20, 12));
}

// Whether an answer says nothing about what became of the call.
inline bool IsLost(const Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kDeadlineExceeded ||
         status.code() == absl::StatusCode::kCancelled;
}

}  // namespace enlace::testing
