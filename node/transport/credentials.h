#pragma once

#include <functional>
#include <memory>
#include <string>

#include "grpcpp/security/auth_context.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "node/base/mutex.h"
#include "node/metrics/metrics.h"
#include "node/transport/own_identity.h"
#include "node/transport/peer_verifier.h"

// TLS credentials for both directions. gRPC checks nothing about a certificate but that the
// other side holds its key; PeerVerifier alone decides, per trust domain, on both sides.
// (With gRPC's own check and a union of bundles, one state's authority could make an
// identity of another.)
namespace enlace::transport {

// Why the last handshake of a channel was refused by this side; gRPC itself reports only
// that the connection failed. Thread-safe.
class LastRefusal {
 public:
  void Set(Status status);
  Status Get() const;  // OK when the last handshake was accepted, or there was none.

 private:
  mutable Mutex mutex_;
  Status status_ ENLACE_GUARDED_BY(mutex_);
};

// Whether an identity whose certificate holds may connect now. Thread-safe.
using MayConnect = std::function<bool(const trust::Identity&)>;

// Requires a certificate of the caller. `verifier` and `metrics` must outlive the server.
std::shared_ptr<grpc::ServerCredentials> ServerTls(const OwnIdentity& identity,
                                                   PeerVerifier& verifier,
                                                   metrics::Metrics& metrics,
                                                   MayConnect may_connect = {});

// Accepts only the node whose identity is `expected_uri`. All shared, since gRPC keeps
// channels alive for a while after their last use.
std::shared_ptr<grpc::ChannelCredentials> ClientTls(const OwnIdentity& identity,
                                                    std::shared_ptr<PeerVerifier> verifier,
                                                    std::string expected_uri,
                                                    std::shared_ptr<LastRefusal> refusal);

// Who makes this call: the certificate of its connection, looked at again. Never a name in
// the subject, never gRPC's own "authenticated".
StatusOr<trust::Identity> CallerIdentity(const grpc::AuthContext& context, PeerVerifier& verifier);

}  // namespace enlace::transport
