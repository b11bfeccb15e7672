#pragma once

#include "bench/measure.h"

// Calls that do nothing, so that what is left is the door; to the node and to a bare server.
namespace enlace::bench {

// Health checks at `endpoint`, which shows the certificate of kOrigin.
void PingAt(const World& world, const std::string& endpoint, const MeasureOptions& options);
// The method of the bare server that sends back each message of a stream.
inline constexpr char kEchoStream[] = "/enlace.bench.Echo/Stream";
// Messages of a record's size there and back on one stream a client.
void AskAt(const World& world, const std::string& endpoint, const MeasureOptions& options);
// A new connection and one call on it, again and again.
void ConnectAt(const World& world, const std::string& endpoint, const MeasureOptions& options);

}  // namespace enlace::bench
