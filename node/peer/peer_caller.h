#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "google/protobuf/message.h"
#include "node/base/error.h"

// How a peer is called: one method at a time, each with its own deadline. The seam between
// the federation protocol and the network; tests stand a node of their own behind it.
namespace enlace::transport {
class RemoteNode;
}

namespace enlace::peer {

class PeerCaller {
 public:
  virtual ~PeerCaller() = default;
  // One attempt of "/package.Service/Method", at most `timeout_ms` long. The peer's own
  // error, or PEER_UNREACHABLE, DEADLINE_PASSED, IDENTITY_INVALID, IDENTITY_UNTRUSTED.
  // Called by one thread at a time.
  virtual Status Call(std::string_view method, const google::protobuf::Message& request,
                      google::protobuf::Message& response, int64_t timeout_ms) = 0;
  // Ends the call under way and lets none begin any more. From any thread.
  virtual void Cancel() {}
};

// Over mutual TLS.
std::unique_ptr<PeerCaller> CallOverNetwork(std::unique_ptr<transport::RemoteNode> node);

}  // namespace enlace::peer
