#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "node/base/error.h"
#include "node/transport/remote_node.h"
#include "node/transport/remote_streams.h"

// Questions and answers in turn over one open call: for methods of which both sides are streams
// and each request has one response. Not thread-safe.
namespace enlace::transport {

class RemoteStream {
 public:
  // `node` must outlive it.
  RemoteStream(RemoteNode& node, std::string_view method);

  // Errors as of RemoteNode::Call, and CALL_CANCELLED after the first one: the stream has ended
  // then. Whether a question without an answer was worked on is not known.
  Status Ask(const google::protobuf::Message& request, google::protobuf::Message& response,
             int64_t timeout_ms);
  // The same for who reads the bytes of the answer by itself: bounded in number and not looked at.
  Status Ask(const google::protobuf::Message& request, std::string& response, int64_t timeout_ms);

 private:
  // Until the answer is there, as it came.
  Status Await(const google::protobuf::Message& request, int64_t timeout_ms);

  RemoteNode& node_;
  RemoteStreams streams_;  // This one.
};

}  // namespace enlace::transport
