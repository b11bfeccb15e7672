#pragma once

#include <string>

#include "node/app/node_keys.h"
#include "node/app/preflight.h"
#include "node/service/store_verification.h"

// `enlaced verify`: the check of a stopped node's directory.
namespace enlace::app {

// The own key for own channels and the configured one for a peer's.
service::KeyOfChannel KeysOf(const Inputs& inputs, const crypto::PublicKey& own_key);

// CONFIG_INVALID, and the errors of opening: STORE_LOCKED while the node runs, STORE_FORMAT,
// STORE_CORRUPT, STORE_BEHIND_ANCHOR, KEY_INVALID. What was opened and does not hold is in the
// report.
StatusOr<service::StoreVerification> VerifyOffline(const std::string& config_path, Clock& clock);

}  // namespace enlace::app
