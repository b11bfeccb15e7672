#include "node/rpc/own_door.h"

#include "grpc/health/v1/health.pb.h"
#include "node/transport/remote_node.h"

namespace enlace::rpc {
namespace {

constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";

std::string Reachable(const std::string& address) {
  const size_t colon = address.rfind(':');
  const std::string host = address.substr(0, colon);
  if (host == "0.0.0.0") return "127.0.0.1" + address.substr(colon);
  if (host == "[::]") return "[::1]" + address.substr(colon);
  return address;
}

}  // namespace

Status AskOwnDoor(const std::string& address, const transport::OwnIdentity& identity,
                  const std::shared_ptr<transport::PeerVerifier>& verifier, int64_t timeout_ms) {
  const auto node =
      transport::RemoteNode::OverTls(Reachable(address), identity, verifier, identity.uri());
  grpc::health::v1::HealthCheckResponse response;
  const Status status =
      node->Call(kHealthCheck, grpc::health::v1::HealthCheckRequest(), response, timeout_ms);
  if (status.ok()) return status;
  switch (ReasonOf(status)) {
    case Reason::PEER_UNREACHABLE:
    case Reason::DEADLINE_PASSED:
    case Reason::CALL_CANCELLED:
      return status;
    default:
      return Status();  // The node said something.
  }
}

}  // namespace enlace::rpc
