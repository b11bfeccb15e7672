#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "node/base/error.h"
#include "node/transport/own_identity.h"
#include "node/transport/peer_verifier.h"

// A node's own call at its network door, for its watchdog.
namespace enlace::rpc {

// How long one call may take, connecting included. Longer than the node's own queues may last
// under load: a slow answer is an answer.
inline constexpr int64_t kAskMs = 20'000;

// One call on a new connection to the listener at `address` ("0.0.0.0:7443" is asked at the
// loopback address) with the node's own certificate. OK for any answer of the node, also that
// it is overloaded or draining; else why there was none.
Status AskOwnDoor(const std::string& address, const transport::OwnIdentity& identity,
                  const std::shared_ptr<transport::PeerVerifier>& verifier,
                  int64_t timeout_ms = kAskMs);

}  // namespace enlace::rpc
