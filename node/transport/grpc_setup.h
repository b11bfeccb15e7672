#pragma once

namespace enlace::transport {

// Before the first use of gRPC. Its own log goes through base/log: errors as warnings of event
// "grpc", nothing below, and at most five lines a second. And the search for cycles of locks
// ends that this platform's build of Abseil makes at each lock of gRPC, which is a debugging aid
// and costs a tenth of a call. Idempotent and thread-safe.
void SetUpGrpc();

}  // namespace enlace::transport
