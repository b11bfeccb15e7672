#include "node/rpc/door.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/log.h"
#include "node/transport/credentials.h"
#include "node/transport/handed_over.h"
#include "node/transport/once_per_second.h"

namespace enlace::rpc {
namespace {

using ClientMetadata = std::multimap<grpc::string_ref, grpc::string_ref>;

std::vector<std::string_view> ValuesOf(const ClientMetadata& metadata, std::string_view name) {
  std::vector<std::string_view> values;
  const auto [begin, end] = metadata.equal_range(grpc::string_ref(name.data(), name.size()));
  for (auto at = begin; at != end; ++at) values.emplace_back(at->second.data(), at->second.size());
  return values;
}

// A header that names an identity, where identities do not come from headers.
Status CheckNoHeaders(const ClientMetadata& metadata) {
  for (const std::string_view name : {transport::kLeafHeader, transport::kChainHeader}) {
    if (ValuesOf(metadata, name).empty()) continue;
    return Error(Reason::IDENTITY_HEADER,
                 "the request has the header " + std::string(name) +
                     ", which only a front may write, at the socket made for it; leave it out",
                 {{"header", std::string(name)}});
  }
  return Status();
}

StatusOr<trust::Identity> OfConnection(const grpc::ServerContextBase& call,
                                       transport::PeerVerifier& verifier) {
  const auto context = call.auth_context();
  if (context == nullptr) {
    return Error(Reason::IDENTITY_MISSING, "the connection carries no identity");
  }
  return transport::CallerIdentity(*context, verifier);
}

StatusOr<trust::Identity> OfHeaders(const ClientMetadata& metadata,
                                    transport::PeerVerifier& verifier) {
  ENLACE_ASSIGN_OR_RETURN(const transport::HandedOver certificate,
                          transport::ReadHandedOver(ValuesOf(metadata, transport::kLeafHeader),
                                                    ValuesOf(metadata, transport::kChainHeader)));
  return verifier.Verify(certificate.leaf_pem, certificate.intermediates_pem,
                         crypto::Purpose::kClient);
}

}  // namespace

StatusOr<authz::Caller> Door::CallerOf(const grpc::ServerContextBase& call,
                                       const authz::Policy& policy,
                                       metrics::Metrics& metrics) const {
  StatusOr<authz::Caller> caller = Identify(call, policy);
  if (caller.ok()) return caller;
  metrics.CountUnidentified(kind_);
  static transport::OncePerSecond may_log;
  if (may_log.Now()) {
    LogWarning("caller_refused", {{"door", std::string(metrics::DoorName(kind_))},
                                  {"reason", std::string(ReasonName(ReasonOf(caller.status())))},
                                  {"text", MessageOf(caller.status())}});
  }
  return caller;
}

StatusOr<authz::Caller> Door::Identify(const grpc::ServerContextBase& call,
                                       const authz::Policy& policy) const {
  const ClientMetadata& metadata = call.client_metadata();
  if (kind_ == metrics::Door::kFront) {
    ENLACE_ASSIGN_OR_RETURN(const trust::Identity identity, OfHeaders(metadata, *verifier_));
    return policy.NetworkCaller(identity);
  }
#ifdef ENLACE_BREAK_HEADERS_ANYWHERE
  if (kind_ == metrics::Door::kNetwork && !ValuesOf(metadata, transport::kLeafHeader).empty()) {
    ENLACE_ASSIGN_OR_RETURN(const trust::Identity forged, OfHeaders(metadata, *verifier_));
    return policy.NetworkCaller(forged);
  }
#endif
  ENLACE_RETURN_IF_ERROR(CheckNoHeaders(metadata));
  if (kind_ == metrics::Door::kAdmin) return authz::Policy::AdminCaller();
  ENLACE_ASSIGN_OR_RETURN(const trust::Identity identity, OfConnection(call, *verifier_));
  return policy.NetworkCaller(identity);
}

}  // namespace enlace::rpc
