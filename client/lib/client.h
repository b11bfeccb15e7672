#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "node/base/error.h"

// Calls a node: mutual TLS to its network listener or its admin socket, with deadlines,
// request ids, and retries where a retry is safe. Thread-safe.
namespace enlace::client {

struct ClientOptions {
  std::string endpoint;          // "host:port", or "unix:/path" for the admin socket.
  std::string certificate_file;  // Own chain, leaf first; not for unix:.
  std::string private_key_file;
  std::string trust_bundle_file;  // Anchors of the node's own jurisdiction.
  std::string node_uri;           // Expected identity, such as "spiffe://arg.demo/node".
  int64_t timeout_ms = 30'000;    // Of one call, retries included.
  int retries_max = 3;            // Only after UNAVAILABLE, with growing pauses.
};

// Requests and answers in turn over one open call, at a fraction of the cost of a call each. Not
// thread-safe; ends before its client.
class Stream {
 public:
  virtual ~Stream() = default;
  // Nothing is repeated. After an error the stream has ended, and the next one says
  // CALL_CANCELLED; a request whose answer did not come may have been worked on, so that one with
  // an id may be sent again, by another stream or as a call. Errors as of Client.
  virtual Status AskRaw(const google::protobuf::Message& request,
                        google::protobuf::Message& response) = 0;

  // As AskRaw, for who reads the bytes of the response by itself. They are bounded in number and
  // not looked at.
  virtual StatusOr<std::string> AskForBytes(const google::protobuf::Message& request) = 0;

  template <typename Response>
  StatusOr<Response> Ask(const google::protobuf::Message& request) {
    Response response;
    ENLACE_RETURN_IF_ERROR(AskRaw(request, response));
    return response;
  }
};

class Client {
 public:
  // KEY_INVALID, FILE_UNREADABLE, NAME_INVALID. Does not connect yet.
  static StatusOr<std::unique_ptr<Client>> Make(const ClientOptions& options);
  virtual ~Client() = default;

  // `method` is "/package.Service/Method". A call is repeated after UNAVAILABLE when that is
  // safe: the node said that it had not begun, the method only reads, or the request carries
  // an id by which the node knows it again. Errors carry the node's reason, metadata and
  // field violations, as if they were made here, and the node's "request_id" in the
  // metadata; PEER_UNREACHABLE when nobody answers, IDENTITY_UNTRUSTED when somebody else does.
  virtual Status CallRaw(std::string_view method, const google::protobuf::Message& request,
                         google::protobuf::Message& response) = 0;

  // As CallRaw, for who reads the bytes of the response by itself. They are bounded in number and
  // not looked at.
  virtual StatusOr<std::string> CallForBytes(std::string_view method,
                                             const google::protobuf::Message& request) = 0;

  // Of a method that is a stream both ways. Connects with the first request.
  virtual std::unique_ptr<Stream> OpenStream(std::string_view method) = 0;

  template <typename Response>
  StatusOr<Response> Call(std::string_view method, const google::protobuf::Message& request) {
    Response response;
    ENLACE_RETURN_IF_ERROR(CallRaw(method, request, response));
    return response;
  }
};

}  // namespace enlace::client
