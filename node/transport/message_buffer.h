#pragma once

#include <string>
#include <utility>

#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"

// gRPC shows nobody whether the bytes of a buffer are compressed, but keeps a door open under this
// name.
namespace grpc::internal {

class GrpcByteBufferPeer {
 public:
  static bool IsCompressed(ByteBuffer& buffer) {
    const grpc_byte_buffer* const raw = buffer.c_buffer();
    return raw != nullptr && raw->type == GRPC_BB_RAW &&
           raw->data.raw.compression != GRPC_COMPRESS_NONE;
  }
};

}  // namespace grpc::internal

// Messages as bytes for gRPC, without a copy.
namespace enlace::transport {

// Whether the bytes are compressed, where gRPC was told to leave them as they came.
inline bool IsCompressed(grpc::ByteBuffer& message) {
  return grpc::internal::GrpcByteBufferPeer::IsCompressed(message);
}

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
