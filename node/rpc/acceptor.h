#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <thread>

#include "node/base/error.h"
#include "node/rpc/socket_user.h"

// Takes connections in and hands them to gRPC.
//
// gRPC 1.51's own accept loop ends for good at the first failed accept, so that anyone could
// silence a node by opening more connections than it has file descriptors. Ours keeps a
// spare descriptor, with which it turns such a caller away and goes on. At the network door it
// does so earlier, while there are still descriptors for the database.
namespace enlace::rpc {

class ConnectionAcceptor {
 public:
  using HandOver = std::function<void(int fd)>;  // Takes the descriptor.
  // Whether there is a place for a connection. On the acceptor's thread.
  using HasPlace = std::function<bool(int fd)>;
  virtual ~ConnectionAcceptor() = default;
  // Begins to call `hand_over`, on a thread of its own. Once.
  virtual void Start(HandOver hand_over) = 0;
  // No call of `hand_over` is running or will come when this returns. Idempotent.
  virtual void Stop() = 0;
  // "127.0.0.1:7443" with the real port, or "unix:/path".
  virtual const std::string& address() const = 0;
};

// Listens from its making on. LISTEN_FAILED says why.
class SocketAcceptor final : public ConnectionAcceptor {
 public:
  // "host:port" with a numeric address or a name of this host; port 0 takes a free one. The
  // port is ours alone: no other process can share it. Callers whose descriptor would be
  // `descriptors_end` or higher, or for whom there is no place, are turned away.
  static StatusOr<std::unique_ptr<ConnectionAcceptor>> Tcp(
      const std::string& address, int64_t descriptors_end = std::numeric_limits<int64_t>::max(),
      HasPlace has_place = {});
  // A socket file that only its owner can open (mode 0600); callers of another user but root
  // are turned away. A file left by a dead process is replaced; one that a process listens
  // on, or a file that is no socket, is not.
  static StatusOr<std::unique_ptr<ConnectionAcceptor>> Unix(const std::string& path);
  // The same for another user than the process's own, who then cannot open it: mode 0660 and
  // that user's group.
  static StatusOr<std::unique_ptr<ConnectionAcceptor>> UnixOf(
      const SocketUser& user, const std::string& path,
      int64_t descriptors_end = std::numeric_limits<int64_t>::max());
  ~SocketAcceptor() override;

  void Start(HandOver hand_over) override;
  void Stop() override;
  const std::string& address() const override { return address_; }

 private:
  SocketAcceptor(int listen_fd, std::string address, std::string path, uint32_t user_id,
                 int64_t descriptors_end, HasPlace has_place);
  void Run();
  // Takes those who wait, as long as there are any and Stop() was not called.
  void TakeAll();
  bool TakeOne();
  void Welcome(int fd);
  bool TurnAway();
  void Refuse(int fd);
  bool IsToldToStop(int wait_ms) const;
  bool MayEnter(int fd) const;

  const int listen_fd_;
  const std::string address_;
  const std::string path_;  // Of a Unix socket; removed at the end.
  const uint32_t user_id_;  // Who may open it, beside root.
  const int64_t descriptors_end_;
  const HasPlace has_place_;
  int wake_fd_ = -1;
  // Of the accept thread.
  int spare_fd_ = -1;
  uint64_t refused_ = 0;
  int64_t next_word_steady_ms_ = 0;  // About those that were refused.
  bool stopped_ = false;
  HandOver hand_over_;
  std::jthread thread_;
};

}  // namespace enlace::rpc
