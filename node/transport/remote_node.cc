#include "node/transport/remote_node.h"

#include <utility>

#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/channel_arguments.h"
#include "node/transport/deadline.h"
#include "node/transport/grpc_setup.h"
#include "node/transport/message_buffer.h"
#include "node/transport/remote_status.h"

namespace enlace::transport {
namespace {

constexpr int kConnectMs = 10'000;

grpc::ChannelArguments Arguments(const AnswerLimits& limits) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(limits.bytes_max);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, 32 << 10);  // Room for error details.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  // One connection for each RemoteNode: two identities must never share one.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  // Despite its name this is how long one attempt to connect may take, TCP and TLS together:
  // a far node or a busy machine needs seconds.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 10'000);
  // gRPC's own retries would repeat calls that must not be repeated.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // A proxy of the environment would see, and could hold back, every call.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

}  // namespace

RemoteNode::RemoteNode(std::string endpoint, std::shared_ptr<grpc::ChannelCredentials> credentials,
                       std::shared_ptr<LastRefusal> refusal, const AnswerLimits& limits)
    : endpoint_(std::move(endpoint)),
      refusal_(std::move(refusal)),
      limits_(limits),
      channel_(grpc::CreateCustomChannel(endpoint_, credentials, Arguments(limits_))) {}

std::unique_ptr<RemoteNode> RemoteNode::OverTls(const std::string& endpoint,
                                                const OwnIdentity& identity,
                                                std::shared_ptr<PeerVerifier> verifier,
                                                const std::string& expected_uri,
                                                const AnswerLimits& limits) {
  SetUpGrpc();
  auto refusal = std::make_shared<LastRefusal>();
  auto credentials = ClientTls(identity, std::move(verifier), expected_uri, refusal);
  return std::unique_ptr<RemoteNode>(
      new RemoteNode(endpoint, std::move(credentials), std::move(refusal), limits));
}

std::unique_ptr<RemoteNode> RemoteNode::OverSocket(const std::string& endpoint,
                                                   const AnswerLimits& limits) {
  SetUpGrpc();
  return std::unique_ptr<RemoteNode>(new RemoteNode(endpoint, grpc::InsecureChannelCredentials(),
                                                    std::make_shared<LastRefusal>(), limits));
}

bool RemoteNode::Enter(grpc::ClientContext& context) {
  MutexLock lock(mutex_);
  if (!cancelled_) running_.insert(&context);
  return !cancelled_;
}

void RemoteNode::Leave(grpc::ClientContext& context) {
  MutexLock lock(mutex_);
  running_.erase(&context);
}

void RemoteNode::Cancel() {
  MutexLock lock(mutex_);
  cancelled_ = true;
  for (grpc::ClientContext* const context : running_) context->TryCancel();
}

Status RemoteNode::Call(std::string_view method, const google::protobuf::Message& request,
                        google::protobuf::Message& response, int64_t timeout_ms) {
  grpc::ByteBuffer answer;
  ENLACE_RETURN_IF_ERROR(CallForBuffer(method, request, answer, timeout_ms));
  return Parse(answer, response);
}

Status RemoteNode::Call(std::string_view method, const google::protobuf::Message& request,
                        std::string& response, int64_t timeout_ms) {
  grpc::ByteBuffer answer;
  ENLACE_RETURN_IF_ERROR(CallForBuffer(method, request, answer, timeout_ms));
  ENLACE_ASSIGN_OR_RETURN(const grpc::Slice bytes, BytesOf(answer));
  response.assign(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
  return Status();
}

Status RemoteNode::CallForBuffer(std::string_view method, const google::protobuf::Message& request,
                                 grpc::ByteBuffer& answer, int64_t timeout_ms) {
  grpc::ClientContext context;
  if (!Enter(context)) return Error(Reason::CALL_CANCELLED, "no more calls of " + endpoint_);
  context.set_deadline(DeadlineIn(timeout_ms));
  grpc::GenericStub stub(channel_);
  grpc::CompletionQueue queue;
  grpc::Status status;
  auto call = stub.PrepareUnaryCall(&context, std::string(method), ToBuffer(request), &queue);
  call->StartCall();
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);  // Polls on this thread until the one operation is done.
  Leave(context);
  return status.ok() ? Status() : Failure(status);
}

Status RemoteNode::Failure(const grpc::Status& status) const {
  const Status refused = refusal_->Get();
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE && !refused.ok()) {
    return WithContext(refused, endpoint_);
  }
  return FromRemote(status.error_code(), status.error_message(), status.error_details());
}

StatusOr<grpc::Slice> RemoteNode::BytesOf(const grpc::ByteBuffer& answer) const {
  grpc::Slice slice;
  if (!answer.TrySingleSlice(&slice).ok() && !answer.DumpToSingleSlice(&slice).ok()) {
    return Error(Reason::INTERNAL, "the answer of " + endpoint_ + " cannot be read");
  }
  return slice;
}

Status RemoteNode::Parse(const grpc::ByteBuffer& answer,
                         google::protobuf::Message& response) const {
  ENLACE_ASSIGN_OR_RETURN(const grpc::Slice slice, BytesOf(answer));
  const Status parsed =
      ParseAnswer({reinterpret_cast<const char*>(slice.begin()), slice.size()}, limits_, response);
  return parsed.ok() ? parsed : WithContext(parsed, endpoint_);
}

}  // namespace enlace::transport
