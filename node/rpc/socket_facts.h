#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

// What the system knows of a connected TCP socket.
namespace enlace::rpc {

struct SocketNames {
  std::string peer;     // As gRPC names it: "ipv4:192.0.2.7:40000", "ipv6:%5B2001:db8::1%5D:40000".
  std::string address;  // "192.0.2.7"; of IPv6 the first 64 bits, which is what one site has.
  bool from_self = false;  // From the address that it came to: of this very machine.
};

// Of an address alone, which says nothing of from_self; empty unless it is IPv4 or IPv6. Pure.
SocketNames NamesOf(const sockaddr_storage& peer);
// Empty names when the other side is gone already, or this is no TCP socket.
SocketNames NamesOf(int fd);

struct SocketFlow {
  uint64_t received = 0;  // Bytes in order, since the beginning.
  uint64_t taken = 0;     // Bytes that the other side confirmed.
};
SocketFlow FlowOf(int fd);
// Bytes that have arrived and that nobody has read yet.
int64_t UnreadBytes(int fd);

// Ends the connection for every holder of the socket, and drops what it has received and not
// yet read: after shutdown() a flood that waits in the socket's buffer would still be worked on.
void Cut(int fd);

}  // namespace enlace::rpc
