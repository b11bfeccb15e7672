#include "node/app/services.h"

#include <set>
#include <utility>

#include "node/app/backup.h"
#include "node/app/verify.h"
#include "node/app/version.h"
#include "node/base/bytes.h"
#include "node/base/log.h"
#include "node/crypto/hash.h"
#include "node/service/node_card.h"
#include "node/store/signing.h"
#include "node/transport/remote_node.h"

namespace enlace::app {
namespace {

namespace admin = enlace::admin::v1;

std::vector<peer::Peer> MakePeers(const Services::Parts& parts) {
  std::vector<peer::Peer> peers;
  for (const config::PeerEntry& entry : parts.inputs.config.peers) {
    const std::string uri =
        "spiffe://" + trust::TrustDomain(entry.jurisdiction, parts.inputs.config.network) + "/node";
    peers.push_back(
        {entry.jurisdiction, entry.endpoint, parts.inputs.peer_keys.at(entry.jurisdiction),
         peer::CallOverNetwork(transport::RemoteNode::OverTls(entry.endpoint, parts.inputs.identity,
                                                              parts.verifier, uri,
                                                              transport::kPeerAnswers))});
  }
  return peers;
}

peer::PullerOptions PullOptions(const Services::Parts& parts, peer::SigningGate& gate) {
  peer::PullerOptions options;
  options.network = parts.inputs.config.network;
  options.own_jurisdiction = parts.inputs.config.jurisdiction;
  options.own_channel_key = parts.keys.signing.public_key();
  options.interval_ms = parts.inputs.config.pull_interval_ms;
  options.visited = parts.visited;
  options.random = [] { return ReadU32(crypto::RandomBytes(4)); };
  options.on_held = [&gate](const std::string& peer, const peer::HeldMirrors& held) {
    gate.Note(peer, held);
  };
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
    for (const auto& [origin, state] : status.channels) {
      if (state.trouble.empty()) continue;
      admin::ChannelTrouble& trouble = *peer.add_troubles();
      trouble.set_origin(origin);
      trouble.set_reason(state.trouble);
    }
  }
  return out;
}

service::AdminService::Parts AdminParts(const Services::Parts& parts, const peer::Puller& puller) {
  admin::NodeStatus fixed;
  fixed.set_network(parts.identity.network);
  fixed.set_jurisdiction(parts.identity.jurisdiction);
  fixed.set_instance_id(parts.identity.instance_id);
  fixed.set_software_version(kVersion);
  fixed.set_certificate_end_time_ms(parts.inputs.identity.not_after() * 1000);
  return {parts.store,
          parts.clock,
          fixed,
          parts.listen_address,
          parts.readiness,
          [&puller] { return PeerStatuses(puller); },
          KeysOf(parts.inputs, parts.keys.signing.public_key()),
          [parts](const std::string& folder, bool with_keys, const std::function<bool()>& stopped) {
            return BackUp(parts.store, parts.inputs.config, parts.keys, parts.clock,
                          {folder, with_keys}, stopped);
          }};
}

std::set<std::string> Members(const config::NodeConfig& config) {
  std::set<std::string> members;
  for (const config::PeerEntry& peer : config.peers) members.insert(peer.jurisdiction);
  return members;
}

// The configured one; without it the listening address, unless that changes at each start.
std::string PublicEndpoint(const config::NodeConfig& config) {
  if (!config.public_endpoint.empty()) return config.public_endpoint;
  std::string host;
  uint16_t port = 0;
  const bool fixed = config::SplitAddress(config.listen, host, port) && port != 0;
  return fixed ? config.listen : "";
}

std::vector<std::string> Roster(const config::NodeConfig& config) {
  if (!config.roster.empty()) return config.roster;
  std::set<std::string> roster = Members(config);
  roster.insert(config.jurisdiction);
  roster.erase(config.secretariat);
  return {roster.begin(), roster.end()};
}

}  // namespace

Services::Services(Parts parts)
    : parts_(std::move(parts)),
      gate_(parts_.store, parts_.keys.signing.public_key(), Members(parts_.inputs.config),
            parts_.signing_opened),
      puller_(parts_.store, parts_.clock, &parts_.metrics, PullOptions(parts_, gate_),
              MakePeers(parts_)),
      admin_(AdminParts(parts_, puller_)),
      channels_({parts_.store, parts_.page_tokens,
                 KeysOf(parts_.inputs, parts_.keys.signing.public_key()),
                 [this](const std::string& origin) { return puller_.TroubleOf(origin); }}),
      federation_({parts_.store, parts_.inputs.config.network, parts_.inputs.config.jurisdiction,
                   Members(parts_.inputs.config), parts_.keys.signing.public_key()}),
      cases_({parts_.store, *parts_.inputs.registry, parts_.columns, parts_.page_tokens, epochs_,
              crypto::RandomBytes, parts_.inputs.config.jurisdiction,
              static_cast<uint32_t>(parts_.inputs.config.release_threshold)}),
      statistics_({parts_.store, *parts_.inputs.registry, parts_.page_tokens,
                   parts_.inputs.config.jurisdiction}),
      programmes_({parts_.store, *parts_.inputs.registry, parts_.page_tokens, parts_.keys,
                   catalogue_, parts_.inputs.config.network, parts_.inputs.config.jurisdiction}),
      releases_({parts_.store, *parts_.inputs.registry, parts_.page_tokens, parts_.keys,
                 crypto::RandomBytes, parts_.inputs.config.network,
                 parts_.inputs.config.jurisdiction,
                 static_cast<uint32_t>(parts_.inputs.config.release_threshold)}),
      reports_({parts_.store, *parts_.inputs.registry, parts_.page_tokens, figures_, catalogue_,
                parts_.clock, crypto::RandomBytes, parts_.inputs.config.network,
                Roster(parts_.inputs.config)}) {}

Status Services::PublishCard() {
  // The node serves what it has; its card waits like all of its own entries.
  if (const Status open = store::CheckSigningOpen(*parts_.store.Read()); !open.ok()) {
    LogWarning("signing_closed", {{"detail", MessageOf(open)}});
    return ReasonOf(open) == Reason::CHANNEL_STOPPED ? absl::OkStatus() : open;
  }
  const config::NodeConfig& config = parts_.inputs.config;
  channel::v1::NodeCard card;
  card.set_jurisdiction(config.jurisdiction);
  const std::pair<std::string_view, const std::string*> names[] = {{"en", &config.institution_en},
                                                                   {"es", &config.institution_es},
                                                                   {"fr", &config.institution_fr},
                                                                   {"pt", &config.institution_pt}};
  for (const auto& [language, name] : names) {
    if (name->empty()) continue;
    auto* text = card.mutable_institution()->add_texts();
    text->set_language(std::string(language));
    text->set_text(*name);
    text->set_translation(channel::v1::LocalizedText::Text::ORIGINAL);
  }
  const std::string endpoint = PublicEndpoint(config);
  if (!endpoint.empty()) card.add_endpoints(endpoint);
  const crypto::PublicKey& key = parts_.keys.signing.public_key();
  card.set_signing_key(std::string(key.begin(), key.end()));
  card.set_software_version(kVersion);
  return service::EnsureNodeCard(parts_.store, parts_.keys, config.network, card);
}

void Services::Register(rpc::HandlerTable& table) {
  admin_.Register(table);
  channels_.Register(table);
  federation_.Register(table);
  cases_.Register(table);
  statistics_.Register(table);
  programmes_.Register(table);
  releases_.Register(table);
  reports_.Register(table);
}

}  // namespace enlace::app
