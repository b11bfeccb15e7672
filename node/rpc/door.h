#pragma once

#include "grpcpp/server_context.h"
#include "node/authz/policy.h"
#include "node/base/error.h"
#include "node/metrics/metrics.h"
#include "node/transport/peer_verifier.h"

// Who makes a call, by the rules of the door that it came in by. Private to the gRPC front end.
// Thread-safe; what it is given must outlive it.
namespace enlace::rpc {

class Door {
 public:
  // The certificate of the connection decides.
  static Door Network(transport::PeerVerifier& verifier) {
    return Door(metrics::Door::kNetwork, &verifier);
  }
  // The certificate that the front hands over with each request decides; transport/handed_over.h.
  static Door Front(transport::PeerVerifier& verifier) {
    return Door(metrics::Door::kFront, &verifier);
  }
  // The socket's owner.
  static Door Admin() { return Door(metrics::Door::kAdmin, nullptr); }

  // IDENTITY_MISSING, IDENTITY_INVALID, IDENTITY_UNTRUSTED. IDENTITY_HEADER at any door but the
  // front's for a request with a header that only a front may write: whoever sends it either
  // tries to be another, or is a front that found the wrong door. Refusals are counted, and
  // told in the log once a second at most.
  StatusOr<authz::Caller> CallerOf(const grpc::ServerContextBase& call, const authz::Policy& policy,
                                   metrics::Metrics& metrics) const;

 private:
  Door(metrics::Door kind, transport::PeerVerifier* verifier) : kind_(kind), verifier_(verifier) {}
  StatusOr<authz::Caller> Identify(const grpc::ServerContextBase& call,
                                   const authz::Policy& policy) const;

  metrics::Door kind_;
  transport::PeerVerifier* verifier_;
};

}  // namespace enlace::rpc
