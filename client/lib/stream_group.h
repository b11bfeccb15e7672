#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/lib/client.h"
#include "google/protobuf/message.h"
#include "node/base/error.h"
#include "node/transport/remote_streams.h"

// Many open streams asked by one thread, each over a connection of its own: for a gateway that
// speaks for several offices or holds several questions under way. A thread for each stream, with
// Client::OpenStream, costs a change of threads for each answer. Not thread-safe.
namespace enlace::client {

class StreamGroup {
 public:
  StreamGroup() = default;

  // Opens a stream of a method that is one both ways; its number, from 0 on. Errors as of
  // Client::Make. Connects with the first question. Of the options the retries are not used:
  // nothing is repeated.
  StatusOr<size_t> Open(const ClientOptions& options, std::string_view method);
  size_t size() const { return connections_.size(); }

  // Asks a question; the first one of a stream leaves while Next waits. REQUIRES: the last one of
  // this stream was answered. CALL_CANCELLED when the stream has ended.
  Status Send(size_t stream, const google::protobuf::Message& request);

  // The bytes of the answer, or why there is none: the stream has ended then, and a question may
  // have been worked on, so that one with an id may be sent again by another stream. Errors as of
  // Client.
  struct Answer {
    size_t stream = 0;
    StatusOr<std::string> bytes;
  };
  // Waits for the next answer of any stream. DEADLINE_PASSED when none came in time; the questions
  // stay under way.
  StatusOr<Answer> Next(int64_t timeout_ms);

  // Ends a stream whose answer is no longer waited for.
  void GiveUp(size_t stream);

 private:
  std::vector<std::unique_ptr<transport::RemoteNode>> connections_;  // By stream.
  transport::RemoteStreams streams_;                                 // Ends before these.
};

}  // namespace enlace::client
