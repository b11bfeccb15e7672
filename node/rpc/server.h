#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "node/base/error.h"
#include "node/metrics/metrics.h"
#include "node/rpc/acceptor.h"
#include "node/rpc/connections.h"
#include "node/rpc/dispatcher.h"
#include "node/rpc/health.h"
#include "node/transport/own_identity.h"
#include "node/transport/peer_verifier.h"

// The gRPC front end of the dispatcher: one server for the network (mutual TLS), one for the
// admin socket, one for a front. Methods arrive as bytes, so that the dispatcher sees them before a
// parser does; a call is let in and read on gRPC's threads, worked on by a bounded pool, and
// answered.
namespace enlace::rpc {

struct ServerOptions {
  int workers = 8;
  size_t waiting_calls_max = 64;         // Of each class, for a worker; more are told to come back.
  int max_concurrent_streams = 64;       // In one connection.
  int64_t metadata_bytes_max = 8 << 10;  // Headers of a request.
  ConnectionLimits connections;          // Of the network door; bounded by the descriptors too.
  int64_t peers = 0;                     // Nodes that this one connects to: they take descriptors.
  int64_t handshake_timeout_ms = 5'000;
  int64_t read_timeout_ms = 10'000;  // From a call's headers to the end of its request.
  // An idle or old connection ends: certificates are looked at again, and a flood of header
  // bytes, which gRPC 1.51 does not stop, is bounded.
  int64_t connection_idle_ms = 300'000;
  int64_t connection_age_ms = 1'800'000;
  int64_t connection_age_grace_ms = 30'000;
  int64_t keepalive_ms = 60'000;  // Ping of a silent connection.
  int64_t keepalive_timeout_ms = 20'000;
  // How long Stop() waits for handlers that were told to end, and what comes then: handlers
  // cannot be taken off their threads, and a process that does not end is killed anyway.
  // What was acknowledged is on disk.
  int64_t stop_ms_max = 5'000;
  std::function<void()> give_up = [] { std::_Exit(EXIT_FAILURE); };
};

class Server {
 public:
  // Serves from the moment it is made. All references must outlive it. LISTEN_FAILED, also when
  // the process may open too few files (descriptors.h).
  static StatusOr<std::unique_ptr<Server>> StartNetwork(const Dispatcher& dispatcher,
                                                        const std::string& address,
                                                        const transport::OwnIdentity& identity,
                                                        transport::PeerVerifier& verifier,
                                                        metrics::Metrics& metrics,
                                                        const ServerOptions& options = {});
  static StatusOr<std::unique_ptr<Server>> StartAdmin(const Dispatcher& dispatcher,
                                                      const std::string& socket_path,
                                                      const ServerOptions& options = {});
  // For a front that ends TLS, such as HAProxy: calls without TLS on a Unix socket that only
  // `user` and root can open, who calls in headers (transport/handed_over.h). LISTEN_FAILED, also
  // when the process may not give the socket to that user's group.
  static StatusOr<std::unique_ptr<Server>> StartFront(const Dispatcher& dispatcher,
                                                      const std::string& socket_path,
                                                      const SocketUser& user,
                                                      transport::PeerVerifier& verifier,
                                                      const ServerOptions& options = {});
  virtual ~Server() = default;

  // "127.0.0.1:7443" with the real port, or "unix:/path".
  virtual const std::string& address() const = 0;
  // Takes no more connections, gives running calls `grace_ms`, tells the rest to end and waits
  // for their handlers, at most stop_ms_max; then it gives up. Idempotent; the destructor does
  // it with no grace.
  virtual void Stop(int64_t grace_ms) = 0;
};

inline constexpr int64_t kDrainMs = 10'000;

// A graceful end: health says NOT_SERVING, new calls are refused with NODE_DRAINING, running
// ones get `drain_ms`, then the servers stop, which is bounded. False when some calls had to be
// cancelled.
bool Drain(Health& health, Admission& admission, const std::vector<Server*>& servers,
           int64_t drain_ms = kDrainMs);

}  // namespace enlace::rpc
