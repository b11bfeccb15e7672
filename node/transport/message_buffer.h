#pragma once

#include <string>
#include <utility>

#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"

// Messages as bytes for gRPC, without a copy.
namespace enlace::transport {

inline grpc::ByteBuffer ToBuffer(std::string bytes) {
  auto* const owned = new std::string(std::move(bytes));
  grpc::Slice slice(
      owned->data(), owned->size(), [](void* text) { delete static_cast<std::string*>(text); },
      owned);
  return grpc::ByteBuffer(&slice, 1);
}

inline grpc::ByteBuffer ToBuffer(const google::protobuf::Message& message) {
  return ToBuffer(message.SerializeAsString());
}

}  // namespace enlace::transport
