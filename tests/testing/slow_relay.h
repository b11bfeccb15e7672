#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <thread>

// A far node on this machine: hands connections on to a port of the loopback address, and
// begins only after a while. One connection at a time.
namespace enlace::testing {

class SlowRelay {
 public:
  SlowRelay(uint16_t target, int delay_ms) : target_(target), delay_ms_(delay_ms) {
    listen_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof(address);
    bind(listen_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listen_, 8);
    getsockname(listen_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }
  ~SlowRelay() {
    thread_.request_stop();
    thread_.join();
    close(listen_);
  }
  uint16_t port() const { return port_; }

 private:
  static constexpr int kLookMs = 20;

  static sockaddr_in Loopback(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }

  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd waiting{listen_, POLLIN, 0};
      if (poll(&waiting, 1, kLookMs) <= 0) continue;
      const int from = accept(listen_, nullptr, nullptr);
      poll(nullptr, 0, delay_ms_);  // The distance.
      const int to = socket(AF_INET, SOCK_STREAM, 0);
      const sockaddr_in address = Loopback(target_);
      if (connect(to, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
        Relay(from, to, stop);
      }
      close(to);
      close(from);
    }
  }

  static void Relay(int from, int to, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::array<pollfd, 2> ends = {pollfd{from, POLLIN, 0}, pollfd{to, POLLIN, 0}};
      if (poll(ends.data(), ends.size(), kLookMs) <= 0) continue;
      if (ends[0].revents != 0 && !Pass(from, to)) return;
      if (ends[1].revents != 0 && !Pass(to, from)) return;
    }
  }

  // False at the end of either side.
  static bool Pass(int from, int to) {
    std::array<char, 16384> bytes;
    const ssize_t count = read(from, bytes.data(), bytes.size());
    ssize_t sent = 0;
    while (sent < count) {
      const ssize_t part =
          send(to, bytes.data() + sent, static_cast<size_t>(count - sent), MSG_NOSIGNAL);
      if (part <= 0) return false;
      sent += part;
    }
    return count > 0;
  }

  const uint16_t target_;
  const int delay_ms_;
  int listen_ = -1;
  uint16_t port_ = 0;
  std::jthread thread_;
};

}  // namespace enlace::testing
