#include "client/lib/stream_group.h"

#include <utility>

#include "client/lib/connect.h"

namespace enlace::client {

StatusOr<size_t> StreamGroup::Open(const ClientOptions& options, std::string_view method) {
  ENLACE_ASSIGN_OR_RETURN(auto connection, Connect(options));
  connections_.push_back(std::move(connection));
  return streams_.Open(*connections_.back(), method);
}

Status StreamGroup::Send(size_t stream, const google::protobuf::Message& request) {
  return streams_.Send(stream, request);
}

StatusOr<StreamGroup::Answer> StreamGroup::Next(int64_t timeout_ms) {
  const auto next = streams_.Next(timeout_ms);
  if (!next.has_value()) {
    return Error(Reason::DEADLINE_PASSED, "no answer came in time; allow more time");
  }
  if (!next->status.ok()) return Answer{next->stream, next->status};
  return Answer{next->stream, streams_.TakeBytes(next->stream)};
}

void StreamGroup::GiveUp(size_t stream) { streams_.GiveUp(stream); }

}  // namespace enlace::client
