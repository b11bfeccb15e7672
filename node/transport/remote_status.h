#pragma once

#include <string>
#include <string_view>

#include "node/base/error.h"

// A failure that another node answered, as if it had been made here. Pure. The way there is
// rpc/status_map.h.
namespace enlace::transport {

// REQUIRES: code != 0. `details` is a serialised google.rpc.Status, or empty when no node of
// ours made the answer: UNAVAILABLE is then PEER_UNREACHABLE, RESOURCE_EXHAUSTED
// REQUEST_TOO_LARGE, and so on. Texts of others are cut at 2 KiB. The node's request id, when
// told, is in the metadata as "request_id".
Status FromRemote(int code, std::string_view message, std::string_view details);

}  // namespace enlace::transport
