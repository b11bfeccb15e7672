#include "node/metrics/metrics.h"

#include <algorithm>
#include <array>
#include <map>

#include "node/base/mutex.h"
#include "node/metrics/state.h"

namespace enlace::metrics {
namespace {

const prometheus::Histogram::BucketBoundaries kCallSeconds = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};
const prometheus::Histogram::BucketBoundaries kCommitSeconds = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5};

const prometheus::Histogram::BucketBoundaries kGroupWrites = {1, 2, 4, 8, 16, 32, 64, 256, 1024};

double Seconds(int64_t microseconds) { return static_cast<double>(microseconds) / 1e6; }

bool IsJurisdictionLabel(std::string_view text) {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

prometheus::Family<prometheus::Counter>& Counter(prometheus::Registry& registry, const char* name,
                                                 const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

prometheus::Family<prometheus::Gauge>& Gauge(prometheus::Registry& registry, const char* name,
                                             const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

prometheus::Family<prometheus::Histogram>& Histogram(prometheus::Registry& registry,
                                                     const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

}  // namespace

std::string_view CallClassName(CallClass call_class) {
  switch (call_class) {
    case CallClass::kClient:
      return "client";
    case CallClass::kPeer:
      return "peer";
    case CallClass::kAdmin:
      break;
  }
  return "admin";
}

std::string_view SyncedFileName(SyncedFile file) {
  switch (file) {
    case SyncedFile::kLog:
      return "log";
    case SyncedFile::kTable:
      return "table";
    case SyncedFile::kList:
      return "list";
    case SyncedFile::kAnchor:
      break;
  }
  return "anchor";
}

std::string_view DoorName(Door door) {
  switch (door) {
    case Door::kNetwork:
      return "network";
    case Door::kFront:
      return "front";
    case Door::kAdmin:
      break;
  }
  return "admin";
}

std::string_view LimitName(Limit limit) {
  switch (limit) {
    case Limit::kConnections:
      return "connections";
    case Limit::kDescriptors:
      return "descriptors";
    case Limit::kAddress:
      return "address";
    case Limit::kUncertified:
      return "uncertified";
    case Limit::kUncertifiedTime:
      return "uncertified_time";
    case Limit::kBytes:
      return "bytes";
    case Limit::kStreams:
      return "streams";
    case Limit::kIdentityStreams:
      return "identity_streams";
    case Limit::kAllStreams:
      return "all_streams";
    case Limit::kIdentityBytes:
      return "identity_bytes";
    case Limit::kRefusals:
      return "refusals";
    case Limit::kResets:
      return "resets";
    case Limit::kUntaken:
      return "untaken";
    case Limit::kShutOut:
      break;
  }
  return "shut_out";
}

Metrics::State::State() : registry(std::make_shared<prometheus::Registry>()) {
  AddCalls();
  AddStore();
  AddDatabase();
  AddDoor();
  mirror_lag = &Gauge(*registry, "enlace_mirror_lag_entries",
                      "Entries that a peer has and our mirror lacks.");
  mirror_age =
      &Gauge(*registry, "enlace_mirror_age_seconds", "Seconds since the last successful pull.");
  ready = &Gauge(*registry, "enlace_ready", "1 while calls and writes are taken.").Add({});
  certificate_expiry = &Gauge(*registry, "enlace_certificate_expiry_seconds",
                              "Seconds until the node's own certificate ends.")
                            .Add({});
}

void Metrics::State::AddCalls() {
  auto& call_family = Counter(*registry, "enlace_calls_total", "Calls answered.");
  auto& refusal_family =
      Counter(*registry, "enlace_calls_refused_total", "Calls refused at an admission limit.");
  auto& latency_family =
      Histogram(*registry, "enlace_call_seconds", "Time from admission to the answer.");
  for (size_t c = 0; c < kCallClasses; ++c) {
    const std::string name(CallClassName(static_cast<CallClass>(c)));
    for (size_t code = 0; code < kCodes; ++code) {
      calls[c][code] = &call_family.Add(
          {{"class", name}, {"code", std::string(CodeName(static_cast<absl::StatusCode>(code)))}});
    }
    refusals[c] = &refusal_family.Add({{"class", name}});
    latency[c] = &latency_family.Add({{"class", name}}, kCallSeconds);
  }
  method_calls = &Counter(*registry, "enlace_method_calls_total", "Calls answered, by method.");
  method_seconds =
      &Counter(*registry, "enlace_method_seconds_total", "Time spent in calls, by method.");
  unknown_method = MakeMethod("unknown");
}

void Metrics::State::AddDoor() {
  auto& handshake_family = Counter(*registry, "enlace_handshakes_total",
                                   "TLS connections whose certificate was verified.");
  handshakes = {&handshake_family.Add({{"result", "refused"}}),
                &handshake_family.Add({{"result", "accepted"}})};
  auto& unidentified_family = Counter(*registry, "enlace_calls_unidentified_total",
                                      "Calls refused because of who the caller says to be.");
  for (size_t door = 0; door < kDoors; ++door) {
    unidentified[door] =
        &unidentified_family.Add({{"door", std::string(DoorName(static_cast<Door>(door)))}});
  }
  auto& limit_family = Counter(*registry, "enlace_limits_hit_total",
                               "Connections of the network door that a limit refused or ended.");
  for (size_t limit = 0; limit < kLimits; ++limit) {
    limits[limit] =
        &limit_family.Add({{"limit", std::string(LimitName(static_cast<Limit>(limit)))}});
  }
  auto& connection_family =
      Gauge(*registry, "enlace_connections", "Open connections of the network door.");
  connections = {&connection_family.Add({{"state", "uncertified"}}),
                 &connection_family.Add({{"state", "certified"}}),
                 &connection_family.Add({{"state", "own"}})};
}

void Metrics::State::AddStore() {
  auto& commit_family =
      Counter(*registry, "enlace_store_commits_total", "Synced batches of the store.");
  commits = {&commit_family.Add({{"result", "failed"}}), &commit_family.Add({{"result", "ok"}})};
  writes = &Counter(*registry, "enlace_store_writes_total", "Acknowledged writes.").Add({});
  commit_latency = &Histogram(*registry, "enlace_store_commit_seconds", "Time of one synced batch.")
                        .Add({}, kCommitSeconds);
  group_writes = &Histogram(*registry, "enlace_store_group_writes", "Writes in one synced batch.")
                      .Add({}, kGroupWrites);
  auto& sync_family = Histogram(*registry, "enlace_store_sync_seconds",
                                "Time in which the disk made a file durable.");
  for (size_t file = 0; file < kSyncedFiles; ++file) {
    const std::string name(SyncedFileName(static_cast<SyncedFile>(file)));
    syncs[file] = &sync_family.Add({{"file", name}}, kCommitSeconds);
  }
  queue =
      &Gauge(*registry, "enlace_store_queue_writes", "Writes that wait for the writer.").Add({});
}

void Metrics::State::AddDatabase() {
  auto& stall_family =
      Counter(*registry, "enlace_database_stalls_total",
              "Times that commits were slowed down or held until the background caught up.");
  stalls = {&stall_family.Add({{"kind", "slowed"}}), &stall_family.Add({{"kind", "stopped"}})};
  const auto gauge = [this](const char* name, const char* help) {
    return &Gauge(*registry, name, help).Add({});
  };
  table_bytes = gauge("enlace_database_table_bytes", "Table files on disk.");
  memory_bytes = gauge("enlace_database_memory_bytes", "Rows not yet in table files.");
  cache_bytes = gauge("enlace_database_cache_bytes", "Blocks kept for reading.");
  pending_bytes =
      gauge("enlace_database_pending_compaction_bytes", "Bytes to be rewritten in the background.");
  free_bytes = gauge("enlace_database_free_bytes",
                     "What the node may still take of the file system that holds it.");
  writes_stopped = gauge("enlace_database_writes_stopped",
                         "1 while commits wait until the background catches up.");
  disk_room = gauge("enlace_disk_room",
                    "2: all writes; 1: only what is owed, such as audit; 0: no writes.");
  disk_reserve_bytes =
      gauge("enlace_disk_reserve_bytes", "Kept on the disk for writes that are owed.");
}

Metrics::State::Method Metrics::State::MakeMethod(const std::string& name) {
  return {{&method_calls->Add({{"method", name}, {"result", "failed"}}),
           &method_calls->Add({{"method", name}, {"result", "ok"}})},
          &method_seconds->Add({{"method", name}})};
}

prometheus::Gauge* Metrics::State::OfPeer(prometheus::Family<prometheus::Gauge>& family,
                                          std::string_view jurisdiction) {
  if (!IsJurisdictionLabel(jurisdiction)) return nullptr;
  const MutexLock lock(peers_mutex);
  if (peers.find(jurisdiction) == peers.end()) {
    if (peers.size() >= kPeersMax) return nullptr;
    peers.emplace(jurisdiction);
  }
  return &family.Add({{"jurisdiction", std::string(jurisdiction)}});
}

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::CountCall(CallClass call_class, absl::StatusCode code, int64_t latency_us) {
  const auto c = static_cast<size_t>(call_class);
  const size_t index = std::min(static_cast<size_t>(code), kCodes - 1);
  state_->calls[c][index]->Increment();
  state_->latency[c]->Observe(Seconds(latency_us));
}

void Metrics::SetMethods(const std::vector<std::string>& methods) {
  for (const std::string& method : methods) {
    state_->methods.emplace(method, state_->MakeMethod(method.substr(1)));
  }
}

void Metrics::CountMethod(std::string_view method, bool ok, int64_t latency_us) {
  const auto found = state_->methods.find(method);
  const State::Method& counters =
      found == state_->methods.end() ? state_->unknown_method : found->second;
  counters.calls[ok ? 1 : 0]->Increment();
  counters.seconds->Increment(Seconds(latency_us));
}

void Metrics::CountRefusal(CallClass call_class) {
  state_->refusals[static_cast<size_t>(call_class)]->Increment();
}

void Metrics::CountHandshake(bool accepted) { state_->handshakes[accepted ? 1 : 0]->Increment(); }

void Metrics::CountUnidentified(Door door) {
  state_->unidentified[static_cast<size_t>(door)]->Increment();
}

void Metrics::CountLimit(Limit limit) { state_->limits[static_cast<size_t>(limit)]->Increment(); }

void Metrics::SetConnections(int64_t uncertified, int64_t certified, int64_t own) {
  const std::array<int64_t, 3> counts = {uncertified, certified, own};
  for (size_t i = 0; i < counts.size(); ++i) {
    state_->connections[i]->Set(static_cast<double>(counts[i]));
  }
}

void Metrics::CountCommit(bool ok, uint64_t writes, int64_t latency_us) {
  state_->commits[ok ? 1 : 0]->Increment();
  if (ok) state_->writes->Increment(static_cast<double>(writes));
  state_->commit_latency->Observe(Seconds(latency_us));
  state_->group_writes->Observe(static_cast<double>(writes));
}

void Metrics::CountSync(SyncedFile file, int64_t latency_us) {
  state_->syncs[static_cast<size_t>(file)]->Observe(Seconds(latency_us));
}

void Metrics::SetWriterQueue(size_t writes) { state_->queue->Set(static_cast<double>(writes)); }

void Metrics::CountStall(bool stopped) { state_->stalls[stopped ? 1 : 0]->Increment(); }

void Metrics::SetDatabase(const DatabaseFigures& figures) {
  state_->table_bytes->Set(static_cast<double>(figures.table_bytes));
  state_->memory_bytes->Set(static_cast<double>(figures.memory_bytes));
  state_->cache_bytes->Set(static_cast<double>(figures.cache_bytes));
  state_->pending_bytes->Set(static_cast<double>(figures.pending_compaction_bytes));
  state_->free_bytes->Set(static_cast<double>(figures.free_bytes));
  state_->writes_stopped->Set(figures.writes_stopped ? 1 : 0);
}

void Metrics::SetDiskRoom(int room, uint64_t reserve_bytes) {
  state_->disk_room->Set(room);
  state_->disk_reserve_bytes->Set(static_cast<double>(reserve_bytes));
}

void Metrics::SetMirrorLag(std::string_view jurisdiction, uint64_t entries) {
  prometheus::Gauge* gauge = state_->OfPeer(*state_->mirror_lag, jurisdiction);
  if (gauge != nullptr) gauge->Set(static_cast<double>(entries));
}

void Metrics::SetMirrorAge(std::string_view jurisdiction, int64_t seconds) {
  prometheus::Gauge* gauge = state_->OfPeer(*state_->mirror_age, jurisdiction);
  if (gauge != nullptr) gauge->Set(static_cast<double>(seconds));
}

void Metrics::SetReady(bool ready) { state_->ready->Set(ready ? 1 : 0); }

void Metrics::SetCertificateExpiry(int64_t seconds) {
  state_->certificate_expiry->Set(static_cast<double>(seconds));
}

std::string Metrics::Render() const {
  return prometheus::TextSerializer().Serialize(state_->registry->Collect());
}

}  // namespace enlace::metrics
