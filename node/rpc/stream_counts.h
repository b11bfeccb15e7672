#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

// How many streams gRPC holds of a connection, whether it has shown their calls or not.
//
// gRPC begins a stream as soon as it has read its headers, and shows the call when one of its
// threads comes to it: when the machine is busy, thousands of streams later. Only its own figures
// (channelz, which it keeps for each connection anyway) tell the two apart. One question costs
// some 10 microseconds.
namespace enlace::rpc {

class StreamCounts {
 public:
  // gRPC's number of a connection, and its name of who is at the other end.
  using Found = std::function<void(int64_t socket, std::string_view peer)>;
  // All connections of this process's servers that it has not told of before, and some again.
  void Discover(const Found& found);
  // Begun and not ended; 0 when there is no such connection any more.
  static int64_t OpenStreams(int64_t socket);

 private:
  int64_t last_ = 0;
};

}  // namespace enlace::rpc
