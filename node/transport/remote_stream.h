#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "node/base/error.h"
#include "node/transport/remote_node.h"

// Questions and answers in turn over one open call: for methods of which both sides are streams
// and each request has one response. Not thread-safe.
namespace enlace::transport {

class RemoteStream {
 public:
  // `node` must outlive it.
  RemoteStream(RemoteNode& node, std::string_view method);
  // Gives the call up when it has not ended.
  ~RemoteStream();
  RemoteStream(const RemoteStream&) = delete;
  RemoteStream& operator=(const RemoteStream&) = delete;

  // Errors as of RemoteNode::Call, and CALL_CANCELLED after the first one: the stream has ended
  // then. Whether a question without an answer was worked on is not known.
  Status Ask(const google::protobuf::Message& request, google::protobuf::Message& response,
             int64_t timeout_ms);
  // The same for who reads the bytes of the answer by itself: bounded in number and not looked at.
  Status Ask(const google::protobuf::Message& request, std::string& response, int64_t timeout_ms);

 private:
  enum class Step : intptr_t { kBegin, kWrite, kRead, kEnd };
  // Waits for `steps` steps; false when the time is over. What they brought stands in ok_.
  bool Await(int steps, int64_t timeout_ms);
  // Until the answer is there, as it came.
  Status AskForBuffer(const google::protobuf::Message& request, int64_t timeout_ms);
  Status End(bool late);

  RemoteNode& node_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool entered_ = false;
  bool begun_ = false;
  bool ended_ = false;
  int pending_ = 0;  // Steps that the queue still owes.
  bool read_ok_ = false;
  grpc::ByteBuffer answer_;
  grpc::Status status_;
};

}  // namespace enlace::transport
