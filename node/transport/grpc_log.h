#pragma once

namespace enlace::transport {

// Sends gRPC core's own log through base/log: errors as warnings of event "grpc", nothing
// below, and at most five lines a second. Idempotent and thread-safe.
void InstallGrpcLog();

}  // namespace enlace::transport
