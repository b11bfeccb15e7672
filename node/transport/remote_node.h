#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "grpcpp/channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/status.h"
#include "node/base/error.h"
#include "node/base/mutex.h"
#include "node/transport/answer.h"
#include "node/transport/credentials.h"
#include "node/transport/own_identity.h"
#include "node/transport/peer_verifier.h"

namespace grpc {
class ClientContext;
}

// Another node as seen from here: unary calls over one channel that connects by itself and
// again after a failure. Used by the client library and by peers. Thread-safe.
namespace enlace::transport {

class RemoteNode {
 public:
  // Mutual TLS to "host:port"; only the node `expected_uri` is accepted there.
  static std::unique_ptr<RemoteNode> OverTls(const std::string& endpoint,
                                             const OwnIdentity& identity,
                                             std::shared_ptr<PeerVerifier> verifier,
                                             const std::string& expected_uri,
                                             const AnswerLimits& limits = {});
  // The admin socket, "unix:/path". The file's permissions are all the protection.
  static std::unique_ptr<RemoteNode> OverSocket(const std::string& endpoint,
                                                const AnswerLimits& limits = {});

  // One attempt of "/package.Service/Method", at most `timeout_ms` long. Errors are those
  // that the node answered (remote_status.h); PEER_UNREACHABLE when there was no connection,
  // IDENTITY_INVALID or IDENTITY_UNTRUSTED when the other side is not the expected node;
  // REQUEST_TOO_LARGE for an answer over the limits.
  Status Call(std::string_view method, const google::protobuf::Message& request,
              google::protobuf::Message& response, int64_t timeout_ms);
  // The same for who reads the bytes of the response; of the limits those of bytes are kept.
  Status Call(std::string_view method, const google::protobuf::Message& request,
              std::string& response, int64_t timeout_ms);

  // Ends all calls under way with CALL_CANCELLED and lets none begin any more. For good.
  void Cancel();

 private:
  RemoteNode(std::string endpoint, std::shared_ptr<grpc::ChannelCredentials> credentials,
             std::shared_ptr<LastRefusal> refusal, const AnswerLimits& limits);
  friend class RemoteStream;
  friend class RemoteStreams;

  Status CallForBuffer(std::string_view method, const google::protobuf::Message& request,
                       grpc::ByteBuffer& answer, int64_t timeout_ms);
  Status Failure(const grpc::Status& status) const;
  StatusOr<grpc::Slice> BytesOf(const grpc::ByteBuffer& answer) const;
  Status Parse(const grpc::ByteBuffer& answer, google::protobuf::Message& response) const;
  // False after Cancel().
  bool Enter(grpc::ClientContext& context);
  void Leave(grpc::ClientContext& context);

  const std::string endpoint_;
  const std::shared_ptr<LastRefusal> refusal_;
  const AnswerLimits limits_;
  const std::shared_ptr<grpc::Channel> channel_;
  Mutex mutex_;
  bool cancelled_ ENLACE_GUARDED_BY(mutex_) = false;
  std::set<grpc::ClientContext*> running_ ENLACE_GUARDED_BY(mutex_);
};

}  // namespace enlace::transport
