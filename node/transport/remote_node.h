#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "grpcpp/channel.h"
#include "grpcpp/security/credentials.h"
#include "node/base/error.h"
#include "node/transport/credentials.h"
#include "node/transport/own_identity.h"
#include "node/transport/peer_verifier.h"

// Another node as seen from here: unary calls over one channel that connects by itself and
// again after a failure. Used by the client library and by peers. Thread-safe.
namespace enlace::transport {

class RemoteNode {
 public:
  // Answers above this are refused; pages are far smaller.
  static constexpr int kResponseBytesMax = 16 << 20;

  // Mutual TLS to "host:port"; only the node `expected_uri` is accepted there.
  static std::unique_ptr<RemoteNode> OverTls(const std::string& endpoint,
                                             const OwnIdentity& identity,
                                             std::shared_ptr<PeerVerifier> verifier,
                                             const std::string& expected_uri);
  // The admin socket, "unix:/path". The file's permissions are all the protection.
  static std::unique_ptr<RemoteNode> OverSocket(const std::string& endpoint);

  // One attempt of "/package.Service/Method", at most `timeout_ms` long. Errors are those
  // that the node answered (remote_status.h); PEER_UNREACHABLE when there was no connection,
  // IDENTITY_INVALID or IDENTITY_UNTRUSTED when the other side is not the expected node.
  Status Call(std::string_view method, const google::protobuf::Message& request,
              google::protobuf::Message& response, int64_t timeout_ms);

 private:
  RemoteNode(std::string endpoint, std::shared_ptr<grpc::ChannelCredentials> credentials,
             std::shared_ptr<LastRefusal> refusal);

  const std::string endpoint_;
  const std::shared_ptr<LastRefusal> refusal_;
  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace enlace::transport
