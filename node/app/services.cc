#include "node/app/services.h"

#include <set>
#include <utility>

#include "node/app/verify.h"
#include "node/app/version.h"
#include "node/base/bytes.h"
#include "node/crypto/hash.h"
#include "node/transport/remote_node.h"

namespace enlace::app {
namespace {

namespace admin = enlace::admin::v1;

std::vector<peer::Peer> MakePeers(const Services::Parts& parts) {
  std::vector<peer::Peer> peers;
  for (const config::PeerEntry& entry : parts.inputs.config.peers) {
    const std::string uri =
        "spiffe://" + trust::TrustDomain(entry.jurisdiction, parts.inputs.config.network) + "/node";
    peers.push_back({entry.jurisdiction, entry.endpoint,
                     parts.inputs.peer_keys.at(entry.jurisdiction),
                     peer::CallOverNetwork(transport::RemoteNode::OverTls(
                         entry.endpoint, parts.inputs.identity, parts.verifier, uri))});
  }
  return peers;
}

peer::PullerOptions PullOptions(const Services::Parts& parts) {
  peer::PullerOptions options;
  options.network = parts.inputs.config.network;
  options.own_jurisdiction = parts.inputs.config.jurisdiction;
  options.interval_ms = parts.inputs.config.pull_interval_ms;
  options.random = [] { return ReadU32(crypto::RandomBytes(4)); };
  return options;
}

std::vector<admin::PeerStatus> PeerStatuses(const peer::Puller& puller) {
  std::vector<admin::PeerStatus> out;
  for (const peer::PeerStatus& status : puller.Statuses()) {
    admin::PeerStatus& peer = out.emplace_back();
    peer.set_jurisdiction(status.jurisdiction);
    peer.set_endpoint(status.endpoint);
    peer.set_reachable(status.reachable);
    peer.set_last_success_time_ms(status.last_success_time_ms);
    peer.set_trouble(status.trouble);
    peer.set_channels(static_cast<uint32_t>(status.channels.size()));
  }
  return out;
}

service::AdminService::Parts AdminParts(const Services::Parts& parts,
                                        const peer::Puller& puller) {
  admin::NodeStatus fixed;
  fixed.set_network(parts.identity.network);
  fixed.set_jurisdiction(parts.identity.jurisdiction);
  fixed.set_instance_id(parts.identity.instance_id);
  fixed.set_software_version(kVersion);
  return {parts.store, parts.clock, fixed, parts.listen_address, parts.readiness,
          [&puller] { return PeerStatuses(puller); },
          KeysOf(parts.inputs, parts.keys.signing.public_key())};
}

std::set<std::string> Members(const config::NodeConfig& config) {
  std::set<std::string> members;
  for (const config::PeerEntry& peer : config.peers) members.insert(peer.jurisdiction);
  return members;
}

}  // namespace

Services::Services(Parts parts)
    : parts_(std::move(parts)),
      puller_(parts_.store, parts_.clock, &parts_.metrics, PullOptions(parts_),
              MakePeers(parts_)),
      admin_(AdminParts(parts_, puller_)),
      channels_({parts_.store, parts_.page_tokens,
                 KeysOf(parts_.inputs, parts_.keys.signing.public_key()),
                 [this](const std::string& origin) { return puller_.TroubleOf(origin); }}),
      federation_({parts_.store, parts_.inputs.config.network, parts_.inputs.config.jurisdiction,
                   Members(parts_.inputs.config)}),
      cases_({parts_.store, *parts_.inputs.registry, parts_.columns, parts_.page_tokens, epochs_,
              crypto::RandomBytes, parts_.inputs.config.jurisdiction,
              static_cast<uint32_t>(parts_.inputs.config.release_threshold)}),
      statistics_({parts_.store, *parts_.inputs.registry, parts_.page_tokens,
                   parts_.inputs.config.jurisdiction}) {}

void Services::Register(rpc::HandlerTable& table) {
  admin_.Register(table);
  channels_.Register(table);
  federation_.Register(table);
  cases_.Register(table);
  statistics_.Register(table);
}

}  // namespace enlace::app
