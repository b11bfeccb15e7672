#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "node/base/error.h"

// Every metric of a node: its name, its labels and their closed sets of values are here
// and nowhere else. No label and no value is ever taken from a case or a request.
// Thread-safe; counting takes no lock.
namespace enlace::metrics {

// Who calls, coarsely.
enum class CallClass { kClient, kPeer, kAdmin };
inline constexpr size_t kCallClasses = 3;
std::string_view CallClassName(CallClass call_class);

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
  // enlace_calls_refused_total{class}: at an admission limit.
  void CountRefusal(CallClass call_class);
  // enlace_handshakes_total{result}: TLS connections whose certificate was looked at.
  void CountHandshake(bool accepted);
  // enlace_store_commits_total{result}, enlace_store_writes_total, enlace_store_commit_seconds.
  void CountCommit(bool ok, uint64_t writes, int64_t latency_us);
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
