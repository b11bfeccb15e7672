#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "node/base/error.h"
#include "node/transport/deadline.h"
#include "node/transport/remote_node.h"

// Open calls of methods of which both sides are streams and each request has one response, asked by
// turns: one thread waits for the answers of all of them. A thread for each would be woken by one
// of the others for each answer, which costs as much as the answer. Not thread-safe.
namespace enlace::transport {

class RemoteStreams {
 public:
  RemoteStreams() = default;
  // Gives up the calls that have not ended.
  ~RemoteStreams();
  RemoteStreams(const RemoteStreams&) = delete;
  RemoteStreams& operator=(const RemoteStreams&) = delete;

  // Opens a call; its number, from 0 on. `node` must outlive this.
  size_t Open(RemoteNode& node, std::string_view method);

  // Asks a question; the first one of a stream leaves while Next waits. REQUIRES: the last one of
  // this stream was answered. CALL_CANCELLED when the stream has ended.
  Status Send(size_t stream, const google::protobuf::Message& request);

  // A stream whose question has an answer, or an error as of RemoteNode::Call: it has ended then,
  // and whether the question was worked on is not known.
  struct Answer {
    size_t stream = 0;
    Status status;
  };
  // Waits for the next one; nothing when none came in time.
  std::optional<Answer> Next(int64_t timeout_ms);
  // As it came; valid until the stream's next Send. REQUIRES: Next named it with OK.
  const grpc::ByteBuffer& bytes(size_t stream) const { return streams_[stream]->answer; }

  // The same as a string. INTERNAL, and the stream has ended, when they cannot be read.
  StatusOr<std::string> TakeBytes(size_t stream);

  // Ends a stream at once. Without effect when it has ended.
  void GiveUp(size_t stream);

 private:
  enum class Step { kBegin, kWrite, kRead, kEnd };
  static constexpr size_t kSteps = 4;
  struct Stream;
  struct Tag {
    Stream* stream = nullptr;
    Step step = Step::kBegin;
  };
  struct Stream {
    size_t number = 0;
    RemoteNode* node = nullptr;
    std::array<Tag, kSteps> tags;
    grpc::ClientContext context;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call;
    grpc::ByteBuffer question;
    grpc::ByteBuffer answer;
    grpc::Status status;
    bool entered = false;
    bool begun = false;
    bool asked = false;    // A question has no answer yet.
    bool read_ok = false;  // What the last read brought.
    bool ended = false;
    int owed = 0;  // Steps that the queue still owes.
  };

  void* TagOf(Stream& stream, Step step) { return &stream.tags[static_cast<size_t>(step)]; }
  void Exchange(Stream& stream);
  using Time = decltype(DeadlineIn(0));
  // Waits for one step of any stream and takes it; false when none came before `end`.
  bool TakeStep(Time end);
  void Happened(Stream& stream, Step step, bool ok);
  void Finish(Stream& stream);

  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::deque<Answer> answers_;  // That nobody has taken.
};

}  // namespace enlace::transport
