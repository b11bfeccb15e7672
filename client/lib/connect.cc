#include "client/lib/connect.h"

#include <string>
#include <utility>

#include "node/base/clock.h"
#include "node/config/yaml.h"
#include "node/transport/own_identity.h"
#include "node/transport/peer_verifier.h"
#include "node/trust/identity.h"

namespace enlace::client {
namespace {

const Clock& OwnClock() {
  static const SystemClock clock;
  return clock;
}

Status CheckNumbers(const ClientOptions& options) {
  if (options.timeout_ms > 0 && options.retries_max >= 0) return Status();
  return Error(Reason::CONFIG_INVALID,
               "expected a timeout above 0 ms and a number of retries of at least 0");
}

StatusOr<std::unique_ptr<transport::RemoteNode>> OverTls(const ClientOptions& options) {
  ENLACE_ASSIGN_OR_RETURN(
      const transport::OwnIdentity identity,
      transport::OwnIdentity::Load(options.certificate_file, options.private_key_file,
                                   OwnClock().NowMs() / 1000));
  ENLACE_ASSIGN_OR_RETURN(const trust::SpiffeId node, trust::SpiffeId::Parse(options.node_uri));
  if (node.kind != trust::SpiffeId::Kind::kNode) {
    return Error(Reason::NAME_INVALID,
                 "expected the identity of a node, spiffe://<jurisdiction>.<network>/node");
  }
  ENLACE_ASSIGN_OR_RETURN(std::string anchors, config::ReadFile(options.trust_bundle_file));
  auto bundles = std::make_shared<trust::TrustBundles>(node.network);
  bundles->Add(node.jurisdiction, std::move(anchors));
  auto verifier = std::make_shared<transport::PeerVerifier>(std::move(bundles), OwnClock());
  return transport::RemoteNode::OverTls(options.endpoint, identity, std::move(verifier), node.uri);
}

}  // namespace

StatusOr<std::unique_ptr<transport::RemoteNode>> Connect(const ClientOptions& options) {
  ENLACE_RETURN_IF_ERROR(CheckNumbers(options));
  if (options.endpoint.starts_with("unix:")) {
    return transport::RemoteNode::OverSocket(options.endpoint);
  }
  return OverTls(options);
}

}  // namespace enlace::client
