#include "node/transport/remote_stream.h"

#include "node/transport/deadline.h"
#include "node/transport/message_buffer.h"

namespace enlace::transport {
namespace {

// Longer than anything that was cancelled takes to end.
constexpr int64_t kForeverMs = 3'600'000;

template <typename Step>
void* TagOf(Step step) {
  return reinterpret_cast<void*>(static_cast<intptr_t>(step) + 1);  // Not null.
}

}  // namespace

RemoteStream::RemoteStream(RemoteNode& node, std::string_view method) : node_(node) {
  entered_ = node_.Enter(context_);
  if (!entered_) return;
  grpc::GenericStub stub(node_.channel_);
  stream_ = stub.PrepareCall(&context_, std::string(method), &queue_);
  stream_->StartCall(TagOf(Step::kBegin));
  ++pending_;
}

RemoteStream::~RemoteStream() {
  if (entered_ && !ended_) context_.TryCancel();
  while (pending_ > 0) Await(1, kForeverMs);
  if (entered_) node_.Leave(context_);
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool RemoteStream::Await(int steps, int64_t timeout_ms) {
  const auto end = DeadlineIn(timeout_ms);
  for (; steps > 0; --steps, --pending_) {
    void* tag = nullptr;
    bool ok = false;
    if (queue_.AsyncNext(&tag, &ok, end) != grpc::CompletionQueue::GOT_EVENT) return false;
    if (tag == TagOf(Step::kRead)) read_ok_ = ok;
  }
  return true;
}

Status RemoteStream::Ask(const google::protobuf::Message& request,
                         google::protobuf::Message& response, int64_t timeout_ms) {
  ENLACE_RETURN_IF_ERROR(AskForBuffer(request, timeout_ms));
  const Status parsed = node_.Parse(answer_, response);
  if (!parsed.ok()) End(true).IgnoreError();
  return parsed;
}

Status RemoteStream::Ask(const google::protobuf::Message& request, std::string& response,
                         int64_t timeout_ms) {
  ENLACE_RETURN_IF_ERROR(AskForBuffer(request, timeout_ms));
  const StatusOr<grpc::Slice> bytes = node_.BytesOf(answer_);
  if (!bytes.ok()) {
    End(true).IgnoreError();
    return bytes.status();
  }
  response.assign(reinterpret_cast<const char*>(bytes->begin()), bytes->size());
  return Status();
}

Status RemoteStream::AskForBuffer(const google::protobuf::Message& request, int64_t timeout_ms) {
  if (!entered_ || ended_) return Error(Reason::CALL_CANCELLED, "the stream has ended");
  if (!begun_) {
    if (!Await(1, timeout_ms)) return End(true);
    begun_ = true;
  }
  stream_->Read(&answer_, TagOf(Step::kRead));
  stream_->Write(ToBuffer(request), TagOf(Step::kWrite));
  pending_ += 2;
  if (!Await(2, timeout_ms)) return End(true);
  return read_ok_ ? Status() : End(false);
}

Status RemoteStream::End(bool late) {
  ended_ = true;
  if (late) context_.TryCancel();
  stream_->Finish(&status_, TagOf(Step::kEnd));
  ++pending_;
  while (pending_ > 0) Await(1, kForeverMs);
  if (late) {
    return Error(Reason::DEADLINE_PASSED, "no answer came in time; allow more time or retry later");
  }
  return node_.Failure(status_);
}

}  // namespace enlace::transport
