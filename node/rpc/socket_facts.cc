#include "node/rpc/socket_facts.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "fmt/format.h"

namespace enlace::rpc {
namespace {

constexpr size_t kSiteBytes = 8;  // A /64 of IPv6.

std::string Text(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family, address, text.data(), text.size()) == nullptr ? "" : text.data();
}

// A caller by IPv4 at a socket that takes both.
bool IsMapped(const in6_addr& address) { return IN6_IS_ADDR_V4MAPPED(&address); }

SocketNames NamesOf4(const in_addr& peer, uint16_t port) {
  const std::string text = Text(AF_INET, &peer);
  return {fmt::format("ipv4:{}:{}", text, port), text, false};
}

SocketNames NamesOf6(const sockaddr_in6& peer) {
  const in6_addr& address = peer.sin6_addr;
  if (IsMapped(address)) {
    in_addr inner{};
    std::memcpy(&inner, &address.s6_addr[12], sizeof(inner));
    return NamesOf4(inner, ntohs(peer.sin6_port));
  }
  in6_addr site = address;
  std::fill(site.s6_addr + kSiteBytes, site.s6_addr + sizeof(site.s6_addr), uint8_t{0});
  // Of an address that holds on one link alone gRPC names the link too, behind an escaped '%'.
  const std::string link = peer.sin6_scope_id == 0 ? "" : fmt::format("%25{}", peer.sin6_scope_id);
  return {fmt::format("ipv6:%5B{}{}%5D:{}", Text(AF_INET6, &address), link, ntohs(peer.sin6_port)),
          Text(AF_INET6, &site), false};
}

}  // namespace

SocketNames NamesOf(const sockaddr_storage& peer) {
  if (peer.ss_family == AF_INET) {
    const auto& peer4 = reinterpret_cast<const sockaddr_in&>(peer);
    return NamesOf4(peer4.sin_addr, ntohs(peer4.sin_port));
  }
  if (peer.ss_family != AF_INET6) return {};
  return NamesOf6(reinterpret_cast<const sockaddr_in6&>(peer));
}

SocketNames NamesOf(int fd) {
  sockaddr_storage peer{};
  sockaddr_storage own{};
  socklen_t peer_size = sizeof(peer);
  socklen_t own_size = sizeof(own);
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_size) != 0) {
    return {};
  }
  SocketNames names = NamesOf(peer);
  if (peer.ss_family == AF_INET) {
    names.from_self = reinterpret_cast<const sockaddr_in&>(peer).sin_addr.s_addr ==
                      reinterpret_cast<const sockaddr_in&>(own).sin_addr.s_addr;
  } else if (peer.ss_family == AF_INET6) {
    names.from_self = IN6_ARE_ADDR_EQUAL(&reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr,
                                         &reinterpret_cast<const sockaddr_in6&>(own).sin6_addr);
  }
  return names;
}

SocketFlow FlowOf(int fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  return {info.tcpi_bytes_received, info.tcpi_bytes_acked};
}

int64_t UnreadBytes(int fd) {
  int bytes = 0;
  return ioctl(fd, SIOCINQ, &bytes) == 0 ? bytes : 0;
}

void Cut(int fd) {
  sockaddr none{};
  none.sa_family = AF_UNSPEC;
  if (connect(fd, &none, sizeof(none)) != 0) shutdown(fd, SHUT_RDWR);
}

}  // namespace enlace::rpc
