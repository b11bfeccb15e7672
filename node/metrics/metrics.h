#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/error.h"

// Every metric of a node: its name, its labels and their closed sets of values are here
// and nowhere else. No label and no value is ever taken from a case or a request.
// Thread-safe; counting takes no lock.
namespace enlace::metrics {

// Who calls, coarsely.
enum class CallClass { kClient, kPeer, kAdmin };
inline constexpr size_t kCallClasses = 3;
std::string_view CallClassName(CallClass call_class);

// Which of the store's files a sync makes durable: the log that each commit waits for, table
// files and the list of them (in the background), the anchor.
enum class SyncedFile { kLog, kTable, kList, kAnchor };
inline constexpr size_t kSyncedFiles = 4;
std::string_view SyncedFileName(SyncedFile file);

// How the database under the store stands.
struct DatabaseFigures {
  uint64_t table_bytes = 0;               // Table files on disk; logs (64 MiB at most) come on top.
  uint64_t memory_bytes = 0;              // Rows not yet in table files.
  uint64_t cache_bytes = 0;               // Blocks kept for reading.
  uint64_t pending_compaction_bytes = 0;  // To be rewritten in the background.
  uint64_t free_bytes = 0;                // Of the file system that holds it.
  bool writes_stopped = false;            // Commits wait until the background catches up.
};

// Where a call came in.
enum class Door { kNetwork, kFront, kAdmin };
inline constexpr size_t kDoors = 3;
std::string_view DoorName(Door door);

// What ends, or refuses, a connection of the network door.
enum class Limit {
  kConnections,      // All places are taken by certified callers.
  kDescriptors,      // The process may open no more files.
  kAddress,          // Connections of one address.
  kUncertified,      // Connections, or calls of one, without a certificate that holds.
  kUncertifiedTime,  // No certified call for too long.
  kBytes,            // More bytes than the calls of a connection explain.
  kStreams,          // More calls at once than the connection was told.
  kIdentityStreams,  // The same of all connections of one identity.
  kAllStreams,       // And of all.
  kIdentityBytes,    // More bytes than the calls of one identity explain, on all its connections.
  kRefusals,         // Calls that were refused by the thousand.
  kResets,           // Calls given up unanswered by the hundred.
  kUntaken,          // Answers that are not taken.
  kShutOut,          // An identity that is refused for a while.
};
inline constexpr size_t kLimits = 14;
std::string_view LimitName(Limit limit);

class Metrics {
 public:
  // Jurisdictions with a mirror lag; more are not shown.
  static constexpr size_t kPeersMax = 64;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // enlace_calls_total{class,code} and enlace_call_seconds{class}. `code` is the answer's.
  void CountCall(CallClass call_class, absl::StatusCode code, int64_t latency_us);
  // Names the values that label `method` may have; calls of others count as "unknown". Before
  // the first CountMethod.
  void SetMethods(const std::vector<std::string>& methods);
  // enlace_method_calls_total{method,result} and enlace_method_seconds_total{method}.
  void CountMethod(std::string_view method, bool ok, int64_t latency_us);
  // enlace_calls_refused_total{class}: at an admission limit.
  void CountRefusal(CallClass call_class);
  // enlace_handshakes_total{result}: TLS connections whose certificate was looked at.
  void CountHandshake(bool accepted);
  // enlace_limits_hit_total{limit}: connections of the network door that were refused or cut.
  void CountLimit(Limit limit);
  // enlace_connections{state}: of the network door; "own" are those of this very machine.
  void SetConnections(int64_t uncertified, int64_t certified, int64_t own);
  // enlace_calls_unidentified_total{door}: refused because of who the caller says to be.
  void CountUnidentified(Door door);
  // enlace_store_commits_total{result}, enlace_store_writes_total, enlace_store_group_writes,
  // enlace_store_commit_seconds. `writes` share the commit.
  void CountCommit(bool ok, uint64_t writes, int64_t latency_us);
  // enlace_store_sync_seconds{file}; a failed sync counts too.
  void CountSync(SyncedFile file, int64_t latency_us);
  // enlace_store_queue_writes: writes that wait for the writer.
  void SetWriterQueue(size_t writes);
  // enlace_database_stalls_total{kind}: how often commits were slowed down or held, since the
  // background fell behind.
  void CountStall(bool stopped);
  // enlace_database_*: gauges of the same names.
  void SetDatabase(const DatabaseFigures& figures);
  // enlace_disk_room and enlace_disk_reserve_bytes: what the store may still write (store/space.h);
  // `room` is 2 with plenty, 1 when only the reserve is left, 0 when that is spent too.
  void SetDiskRoom(int room, uint64_t reserve_bytes);
  // enlace_mirror_lag_entries{jurisdiction}: entries that a peer has and our mirror lacks.
  // Ignored unless `jurisdiction` is three capital letters.
  void SetMirrorLag(std::string_view jurisdiction, uint64_t entries);
  // enlace_mirror_age_seconds{jurisdiction}: since the last successful pull.
  void SetMirrorAge(std::string_view jurisdiction, int64_t seconds);
  // enlace_ready: 1 while the node takes calls and the disk takes writes.
  void SetReady(bool ready);
  // enlace_certificate_expiry_seconds: until the node's own certificate ends.
  void SetCertificateExpiry(int64_t seconds);

  // Prometheus text format.
  std::string Render() const;

 private:
  friend class Exposer;
  struct State;
  std::unique_ptr<State> state_;
};

// Answers "GET /metrics" at a loopback address, as long as it lives. Metrics are figures
// about the node's work; they are for a collector on the same machine only.
class Exposer {
 public:
  // `address` is "127.0.0.1:9464" or "[::1]:9464"; port 0 picks a free one. CONFIG_INVALID
  // for an address that is not loopback, LISTEN_FAILED when it cannot be listened on.
  static StatusOr<std::unique_ptr<Exposer>> Start(const Metrics& metrics,
                                                  const std::string& address);
  ~Exposer();
  int port() const;

 private:
  Exposer();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace enlace::metrics
