#include "node/rpc/socket_facts.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>

namespace enlace::rpc {
namespace {

SocketNames NamesOf6(const char* address, uint32_t scope) {
  sockaddr_in6 peer{};
  peer.sin6_family = AF_INET6;
  peer.sin6_port = htons(40'000);
  peer.sin6_scope_id = scope;
  EXPECT_EQ(inet_pton(AF_INET6, address, &peer.sin6_addr), 1);
  sockaddr_storage storage{};
  std::memcpy(&storage, &peer, sizeof(peer));
  return NamesOf(storage);
}

// As gRPC 1.51 names them: a name that differs finds no connection, and so serves no call.
TEST(SocketNames, AreThoseOfGrpc) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(40'000);
  ASSERT_EQ(inet_pton(AF_INET, "192.0.2.7", &peer.sin_addr), 1);
  sockaddr_storage storage{};
  std::memcpy(&storage, &peer, sizeof(peer));
  EXPECT_EQ(NamesOf(storage).peer, "ipv4:192.0.2.7:40000");
  EXPECT_EQ(NamesOf6("2001:db8::1", 0).peer, "ipv6:%5B2001:db8::1%5D:40000");
  EXPECT_EQ(NamesOf6("::ffff:192.0.2.7", 0).peer, "ipv4:192.0.2.7:40000");
}

TEST(SocketNames, OfAnAddressOfOneLinkHaveTheLink) {
  EXPECT_EQ(NamesOf6("fe80::5", 3).peer, "ipv6:%5Bfe80::5%253%5D:40000");
}

TEST(SocketNames, AreOneForAllOfASite) {
  EXPECT_EQ(NamesOf6("2001:db8:1:2:3::1", 0).address, NamesOf6("2001:db8:1:2:ffff::9", 0).address);
  EXPECT_NE(NamesOf6("2001:db8:1:2::1", 0).address, NamesOf6("2001:db8:1:3::1", 0).address);
}

TEST(SocketNames, OfNoInternetAddressAreEmpty) {
  sockaddr_storage local{};
  local.ss_family = AF_UNIX;
  EXPECT_EQ(NamesOf(local).peer, "");
}

}  // namespace
}  // namespace enlace::rpc
