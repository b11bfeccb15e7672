#include "node/rpc/stream_counts.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <string>

#include "grpc/grpc.h"
#include "grpc/support/alloc.h"

namespace enlace::rpc {
namespace {

constexpr intptr_t kPage = 500;
constexpr int kPagesMax = 100;
// Connections that come at the same time need not appear in the order of their numbers.
constexpr int64_t kLate = 64;

// gRPC answers in JSON of one form, in which the only text of others is the address of a peer.
std::string Take(char* text) {
  const std::unique_ptr<char, void (*)(void*)> owned(text, gpr_free);
  return text == nullptr ? std::string() : std::string(text);
}

// What stands between `before` and the next quote, from `from` on, which moves behind it; nothing
// at the end.
std::string_view Next(std::string_view text, std::string_view before, size_t& from) {
  const size_t begin = text.find(before, from);
  if (begin == text.npos) return {};
  const size_t end = text.find('"', begin + before.size());
  if (end == text.npos) return {};
  from = end;
  return text.substr(begin + before.size(), end - begin - before.size());
}

int64_t Number(std::string_view text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

int64_t Figure(std::string_view text, std::string_view name) {
  size_t from = 0;
  return Number(Next(text, name, from));
}

}  // namespace

void StreamCounts::Discover(const Found& found) {
  const std::string servers = Take(grpc_channelz_get_servers(0));
  const int64_t first = std::max<int64_t>(0, last_ - kLate);
  for (size_t from = 0;;) {
    const std::string_view server = Next(servers, "\"serverId\":\"", from);
    if (server.empty()) return;
    int64_t begin = first;
    for (int page = 0; page < kPagesMax; ++page) {
      const std::string sockets =
          Take(grpc_channelz_get_server_sockets(Number(server), begin, kPage));
      size_t at = 0;
      while (true) {
        const std::string_view peer = Next(sockets, "\"name\":\"chttp2 ", at);
        if (peer.empty()) break;
        const int64_t socket = Number(Next(sockets, "\"socketId\":\"", at));
        found(socket, peer);
        begin = socket + 1;
        last_ = std::max(last_, socket);
      }
      if (at == 0 || sockets.find("\"end\":true") != sockets.npos) break;
    }
  }
}

int64_t StreamCounts::OpenStreams(int64_t socket) {
  const std::string text = Take(grpc_channelz_get_socket(socket));
  return Figure(text, "\"streamsStarted\":\"") - Figure(text, "\"streamsSucceeded\":\"") -
         Figure(text, "\"streamsFailed\":\"");
}

}  // namespace enlace::rpc
