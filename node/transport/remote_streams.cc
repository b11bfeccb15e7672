#include "node/transport/remote_streams.h"

#include <utility>

#include "node/base/check.h"
#include "node/transport/deadline.h"
#include "node/transport/message_buffer.h"

namespace enlace::transport {
namespace {

// Longer than anything that was cancelled takes to end.
constexpr int64_t kForeverMs = 3'600'000;

}  // namespace

RemoteStreams::~RemoteStreams() {
  for (const auto& stream : streams_) GiveUp(stream->number);
  for (const auto& stream : streams_) {
    if (stream->entered) stream->node->Leave(stream->context);
  }
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

size_t RemoteStreams::Open(RemoteNode& node, std::string_view method) {
  Stream& stream = *streams_.emplace_back(std::make_unique<Stream>());
  stream.number = streams_.size() - 1;
  stream.node = &node;
  for (size_t step = 0; step < kSteps; ++step) {
    stream.tags[step] = {&stream, static_cast<Step>(step)};
  }
  stream.entered = node.Enter(stream.context);
  stream.ended = !stream.entered;
  if (stream.ended) return stream.number;
  grpc::GenericStub stub(node.channel_);
  stream.call = stub.PrepareCall(&stream.context, std::string(method), &queue_);
  stream.call->StartCall(TagOf(stream, Step::kBegin));
  ++stream.owed;
  return stream.number;
}

Status RemoteStreams::Send(size_t number, const google::protobuf::Message& request) {
  Stream& stream = *streams_.at(number);
  if (stream.ended) return Error(Reason::CALL_CANCELLED, "the stream has ended");
  ENLACE_CHECK(!stream.asked);
  stream.question = ToBuffer(request);
  stream.asked = true;
  if (stream.begun) Exchange(stream);
  return Status();
}

void RemoteStreams::Exchange(Stream& stream) {
  stream.read_ok = false;
  stream.owed += 2;
  stream.call->Read(&stream.answer, TagOf(stream, Step::kRead));
  stream.call->Write(stream.question, TagOf(stream, Step::kWrite));
}

std::optional<RemoteStreams::Answer> RemoteStreams::Next(int64_t timeout_ms) {
  const auto end = DeadlineIn(timeout_ms);
  while (answers_.empty()) {
    if (!TakeStep(end)) return std::nullopt;
  }
  Answer answer = std::move(answers_.front());
  answers_.pop_front();
  return answer;
}

bool RemoteStreams::TakeStep(Time end) {
  void* tag = nullptr;
  bool ok = false;
  const auto next = queue_.AsyncNext(&tag, &ok, end);
  if (next != grpc::CompletionQueue::GOT_EVENT) return false;
  const Tag& happened = *static_cast<Tag*>(tag);
  --happened.stream->owed;
  Happened(*happened.stream, happened.step, ok);
  return true;
}

void RemoteStreams::Happened(Stream& stream, Step step, bool ok) {
  if (step == Step::kRead) stream.read_ok = ok;
  if (step == Step::kBegin) {
    stream.begun = true;
    if (stream.asked && !stream.ended) Exchange(stream);
    return;
  }
  if (step == Step::kEnd) {
    if (std::exchange(stream.asked, false)) {
      answers_.push_back({stream.number, stream.node->Failure(stream.status)});
    }
    return;
  }
  if (stream.owed > 0 || stream.ended) return;
  if (!stream.read_ok) return Finish(stream);
  stream.asked = false;
  answers_.push_back({stream.number, Status()});
}

void RemoteStreams::Finish(Stream& stream) {
  stream.ended = true;
  ++stream.owed;
  stream.call->Finish(&stream.status, TagOf(stream, Step::kEnd));
}

StatusOr<std::string> RemoteStreams::TakeBytes(size_t number) {
  Stream& stream = *streams_.at(number);
  const StatusOr<grpc::Slice> bytes = stream.node->BytesOf(stream.answer);
  if (!bytes.ok()) {
    GiveUp(number);
    return bytes.status();
  }
  return std::string(reinterpret_cast<const char*>(bytes->begin()), bytes->size());
}

void RemoteStreams::GiveUp(size_t number) {
  Stream& stream = *streams_.at(number);
  stream.asked = false;  // Nobody waits for its answer any more.
  if (!stream.ended) {
    stream.context.TryCancel();
    Finish(stream);
  }
  const auto end = DeadlineIn(kForeverMs);
  while (stream.owed > 0 && TakeStep(end)) {
  }
}

}  // namespace enlace::transport
