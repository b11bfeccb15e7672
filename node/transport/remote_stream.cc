#include "node/transport/remote_stream.h"

namespace enlace::transport {
namespace {

constexpr size_t kOnly = 0;

}  // namespace

RemoteStream::RemoteStream(RemoteNode& node, std::string_view method) : node_(node) {
  streams_.Open(node, method);
}

Status RemoteStream::Await(const google::protobuf::Message& request, int64_t timeout_ms) {
  ENLACE_RETURN_IF_ERROR(streams_.Send(kOnly, request));
  if (const auto answer = streams_.Next(timeout_ms)) return answer->status;
  streams_.GiveUp(kOnly);
  return Error(Reason::DEADLINE_PASSED, "no answer came in time; allow more time or retry later");
}

Status RemoteStream::Ask(const google::protobuf::Message& request,
                         google::protobuf::Message& response, int64_t timeout_ms) {
  ENLACE_RETURN_IF_ERROR(Await(request, timeout_ms));
  const Status parsed = node_.Parse(streams_.bytes(kOnly), response);
  if (!parsed.ok()) streams_.GiveUp(kOnly);
  return parsed;
}

Status RemoteStream::Ask(const google::protobuf::Message& request, std::string& response,
                         int64_t timeout_ms) {
  ENLACE_RETURN_IF_ERROR(Await(request, timeout_ms));
  ENLACE_ASSIGN_OR_RETURN(response, streams_.TakeBytes(kOnly));
  return Status();
}

}  // namespace enlace::transport
