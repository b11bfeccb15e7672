#include "node/config/options.h"

namespace enlace::config {
namespace {
using enum OptionType;
constexpr std::optional<std::string_view> kRequired = std::nullopt;
}  // namespace

const std::vector<Option<NodeConfig>>& NodeOptions() {
  static const std::vector<Option<NodeConfig>> options = {
      {{"network", kNetwork, kRequired, "", 0, 0, "demo",
        "Id of the network. Part of every identity and channel, so that a test network can "
        "never be taken for the real one."},
       &NodeConfig::network},
      {{"jurisdiction", kJurisdiction, kRequired, "", 0, 0, "ARG",
        "ISO 3166 alpha-3 code of a country of the code lists, or OAS for the secretariat."},
       &NodeConfig::jurisdiction},
      {{"data_dir", kPath, kRequired, "", 0, 0, "/var/lib/enlace",
        "Folder of the database and the node's own keys; made by `enlaced init`."},
       &NodeConfig::data_dir},
      {{"anchor_path", kPath, kRequired, "", 0, 0, "/var/lib/enlace-anchor/anchor",
        "File outside data_dir, best on another disk, that proves at start that nothing "
        "acknowledged was lost. Back it up never: it must be newer than any backup."},
       &NodeConfig::anchor_path},
      {{"disk.low_water_mib", kInteger, "256", "MiB", 64, 1'048'576, "256",
        "With less than this free on the disk of data_dir, ordinary writes are refused with "
        "STORE_FULL until there is space again; reads go on."},
       &NodeConfig::low_water_mib},
      {{"disk.reserve_mib", kInteger, "64", "MiB", 1, 65'536, "64",
        "Size of a file in data_dir whose blocks are given back when the disk is full, for the "
        "audit, erasures and withdrawals."},
       &NodeConfig::reserve_mib},
      {{"disk.cache_mib", kInteger, "256", "MiB", 8, 1'048'576, "256",
        "Memory for what was read of the database: some 250 bytes a case record keep all of them "
        "at hand."},
       &NodeConfig::cache_mib},
      {{"listen", kAddress, "127.0.0.1:7443", "", 0, 0, "0.0.0.0:7443",
        "Address of the network listener (mutual TLS). Port 0 takes a free one."},
       &NodeConfig::listen},
      {{"public_endpoint", kAddress, "", "", 0, 0, "node.arg.example:7443",
        "Address by which other nodes reach this one, for its card in the directory. Left out: "
        "the address of listen, unless its port is 0."},
       &NodeConfig::public_endpoint},
      {{"institution.en", kText, "", "", 0, 0, "National coordination against trafficking",
        "The institution's name for the node's card, in English. A language that is left out "
        "is shown as missing."},
       &NodeConfig::institution_en},
      {{"institution.es", kText, "", "", 0, 0, "Coordinación nacional contra la trata",
        "The same in Spanish."},
       &NodeConfig::institution_es},
      {{"institution.fr", kText, "", "", 0, 0, "Coordination nationale contre la traite",
        "The same in French."},
       &NodeConfig::institution_fr},
      {{"institution.pt", kText, "", "", 0, 0, "Coordenação nacional contra o tráfico",
        "The same in Portuguese."},
       &NodeConfig::institution_pt},
      {{"admin_socket", kSocketPath, kRequired, "", 0, 0, "/run/enlace/admin.sock",
        "Unix socket for the operator; who may open it may ask for status, and sees no case."},
       &NodeConfig::admin_socket},
      {{"front.socket", kSocketPath, "", "", 0, 0, "/run/enlace-front/node.sock",
        "Unix socket for a front such as HAProxy that ends TLS and hands the calls over with the "
        "caller's certificate; docs/OPERATIONS.md. Left out: no front."},
       &NodeConfig::front_socket},
      {{"front.user", kUser, "", "", 0, 0, "haproxy",
        "The user that the front runs as. Who may be believed as a front: only this user and root "
        "can open the socket. The node's user must be a member of that user's group."},
       &NodeConfig::front_user},
      {{"tls.certificate_file", kFile, kRequired, "", 0, 0, "/etc/enlace/pki/node.crt",
        "The node's certificate chain, leaf first, PEM. The leaf carries exactly one identity, "
        "spiffe://<jurisdiction>.<network>/node."},
       &NodeConfig::certificate_file},
      {{"tls.private_key_file", kSecretFile, kRequired, "", 0, 0, "/etc/enlace/pki/node.key",
        "Its private key, PEM, closed to group and others."},
       &NodeConfig::private_key_file},
      {{"secretariat", kJurisdiction, "OAS", "", 0, 0, "OAS",
        "The jurisdiction whose channel key is pinned: at init, or at the first start with it."},
       &NodeConfig::secretariat},
      {{"codelists_dir", kFolder, kRequired, "", 0, 0, "/usr/share/enlace/codelists",
        "Folder of the code lists."},
       &NodeConfig::codelists_dir},
      {{"policy_file", kFile, kRequired, "", 0, 0, "/etc/enlace/policy.yaml",
        "Who may call which method, and which identities hold which roles."},
       &NodeConfig::policy_file},
      {{"release.threshold", kInteger, "5", "persons", 2, 1000, "5",
        "Counts from 1 up to this less one are suppressed in every release and tabulation; a "
        "release may ask for more, never for less."},
       &NodeConfig::release_threshold},
      {{"federation.pull_interval_ms", kInteger, "5000", "milliseconds", 50, 86'400'000, "5000",
        "Pause between two visits to a peer; after failures it grows."},
       &NodeConfig::pull_interval_ms},
      {{"limits.workers", kInteger, "32", "threads", 2, 256, "32",
        "Calls that are worked on at once. Up to two are kept for clients and for other nodes "
        "each, and no caller has more than half of them."},
       &NodeConfig::workers},
      {{"limits.waiting_calls_max", kInteger, "64", "calls", 1, 10'000, "64",
        "Calls of clients, and as many of other nodes, that may wait for a worker; more are "
        "refused with NODE_OVERLOADED. One caller may have a quarter of a class's calls."},
       &NodeConfig::waiting_calls_max},
      {{"limits.connections_max", kInteger, "2048", "connections", 16, 100'000, "2048",
        "Open connections of the network listener. Each takes two file descriptors, and a node "
        "whose limit of those is low takes fewer."},
       &NodeConfig::connections_max},
      {{"limits.uncertified_connections_max", kInteger, "256", "connections", 8, 100'000, "256",
        "Connections that have made no call with a valid certificate yet; at most half of all. "
        "For one more, the oldest of them is ended."},
       &NodeConfig::uncertified_connections_max},
      {{"limits.address_connections_max", kInteger, "512", "connections", 1, 100'000, "512",
        "Connections of one address (IPv4) or one network of 64 bits (IPv6). Many callers may "
        "share an address behind a translating router."},
       &NodeConfig::address_connections_max},
      {{"limits.identity_streams_max", kInteger, "1024", "calls", 128, 100'000, "1024",
        "Calls of one identity that may be open at once on all its connections, begun or only "
        "waiting; with more it is shut out for a minute or longer. Each call takes up to 20 kB "
        "before it is looked at."},
       &NodeConfig::identity_streams_max},
      {{"limits.streams_max", kInteger, "4096", "calls", 128, 1'000'000, "4096",
        "The same of all callers together; for more, the busiest connection of the busiest caller "
        "is ended."},
       &NodeConfig::streams_max},
      {{"watchdog.interval_ms", kInteger, "10000", "milliseconds", 0, 3'600'000, "10000",
        "Pause between two calls of the node to its own listener. After three without an "
        "answer in a row the process ends, so that its supervisor starts it again. 0: none."},
       &NodeConfig::watchdog_interval_ms},
      {{"metrics.listen", kLoopback, "", "", 0, 0, "127.0.0.1:9464",
        "Address that serves Prometheus metrics, without TLS and so on this machine alone. "
        "Left out: "
        "no metrics."},
       &NodeConfig::metrics_listen},
      {{"log_level", kLogLevel, "info", "", 0, 0, "info", "Least level that is logged."},
       &NodeConfig::log_level},
  };
  return options;
}

const std::vector<Option<TrustEntry>>& TrustOptions() {
  static const std::vector<Option<TrustEntry>> options = {
      {{"trust[].jurisdiction", kJurisdiction, kRequired, "", 0, 0, "ARG",
        "Whose certificates these anchors prove. One entry each; the own one is required."},
       &TrustEntry::jurisdiction},
      {{"trust[].bundle_file", kFile, kRequired, "", 0, 0, "/etc/enlace/trust/arg.crt",
        "PEM file of that jurisdiction's trust anchors. They speak for no other jurisdiction."},
       &TrustEntry::bundle_file},
      {{"trust[].crl_file", kFile, "", "", 0, 0, "/etc/enlace/trust/arg.crl",
        "PEM file of its revocation lists. Left out: revocation is not checked."},
       &TrustEntry::crl_file},
  };
  return options;
}

const std::vector<Option<PeerEntry>>& PeerOptions() {
  static const std::vector<Option<PeerEntry>> options = {
      {{"peers[].jurisdiction", kJurisdiction, kRequired, "", 0, 0, "OAS",
        "A node whose channels this one mirrors; it needs an entry under trust."},
       &PeerEntry::jurisdiction},
      {{"peers[].endpoint", kAddress, kRequired, "", 0, 0, "node.oas.example:7443",
        "Address of that node's network listener."},
       &PeerEntry::endpoint},
      {{"peers[].channel_key", kChannelKey, kRequired, "", 0, 0,
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "The key that signs that node's channels, as its operator got it from `enlaced init` "
        "and told you on a second way (base64)."},
       &PeerEntry::channel_key},
  };
  return options;
}

std::string_view TypeName(OptionType type) {
  switch (type) {
    case kNetwork:
      return "network id";
    case kJurisdiction:
      return "jurisdiction";
    case kAddress:
      return "host:port";
    case kLoopback:
      return "loopback host:port";
    case kPath:
      return "path";
    case kSocketPath:
      return "socket path";
    case kFile:
      return "file";
    case kSecretFile:
      return "secret file";
    case kFolder:
      return "folder";
    case kChannelKey:
      return "base64 key";
    case kUser:
      return "user name";
    case kText:
      return "text";
    case kLogLevel:
      return "level";
    case kInteger:
      return "whole number";
  }
  return "";
}

}  // namespace enlace::config
