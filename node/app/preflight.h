#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/authz/policy.h"
#include "node/base/clock.h"
#include "node/codes/registry.h"
#include "node/config/node_config.h"
#include "node/crypto/ed25519.h"
#include "node/rpc/socket_user.h"
#include "node/transport/own_identity.h"
#include "node/trust/identity.h"

// All that a node reads before it opens its store. Both `serve` and `check-config` go
// through here, so that a configuration that was checked is one that starts.
namespace enlace::app {

struct Inputs {
  config::NodeConfig config;
  std::shared_ptr<const trust::TrustBundles> bundles;
  transport::OwnIdentity identity;
  std::shared_ptr<const codes::Registry> registry;
  authz::Policy policy;
  std::map<std::string, crypto::PublicKey> peer_keys;  // By jurisdiction.
  std::optional<rpc::SocketUser> front_user;           // When there is a front.
};

// Reads everything that `config` names and checks that it fits together: the own
// certificate must be spiffe://<jurisdiction>.<network>/node, issued by the own anchors and
// valid now, and jurisdictions must be countries of the code lists, or OAS. CONFIG_INVALID
// lists all faults.
StatusOr<Inputs> ReadInputs(const config::NodeConfig& config, const Clock& clock);

// The same from a file. FILE_UNREADABLE; CONFIG_INVALID lists all faults, also of the files
// that a configuration with faults of its own does name.
StatusOr<Inputs> LoadInputs(const std::string& config_path, const Clock& clock);

// Whether every jurisdiction that `config` names is a country of its code lists, or OAS; for
// `init`, which comes before certificates. CONFIG_INVALID lists all faults.
Status CheckJurisdictions(const config::NodeConfig& config);

// What starts and yet is hardly meant, one sentence each, for the operator.
std::vector<std::string> Warnings(const config::NodeConfig& config);

}  // namespace enlace::app
