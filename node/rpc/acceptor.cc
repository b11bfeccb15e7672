#include "node/rpc/acceptor.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "node/base/check.h"
#include "node/base/clock.h"
#include "node/base/log.h"

namespace enlace::rpc {
namespace {

constexpr int kBacklog = 128;
constexpr int kPauseMs = 50;  // After an accept that failed for lack of memory.
constexpr int64_t kWordMs = 60'000;

Status Failed(const std::string& address, const std::string& why) {
  return Error(Reason::LISTEN_FAILED, address + " cannot be listened on: " + why,
               {{"address", address}});
}

Status FailedWithErrno(const std::string& address) { return Failed(address, std::strerror(errno)); }

class AddressList {
 public:
  AddressList(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    if (getaddrinfo(host.c_str(), port.c_str(), &hints, &list_) != 0) list_ = nullptr;
  }
  ~AddressList() {
    if (list_ != nullptr) freeaddrinfo(list_);
  }
  AddressList(const AddressList&) = delete;
  AddressList& operator=(const AddressList&) = delete;
  const addrinfo* first() const { return list_; }

 private:
  addrinfo* list_ = nullptr;
};

int PortOf(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  if (bound.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
}

// Whether a process listens on this socket file.
bool IsAlive(const sockaddr_un& name) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return true;  // Not known, so not removed.
  const bool alive = connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0 ||
                     errno != ECONNREFUSED;
  close(fd);
  return alive;
}

Status RemoveStale(const std::string& path, const sockaddr_un& name) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return Status();
  if (!S_ISSOCK(info.st_mode)) return Failed(path, "there is a file that is no socket");
  if (IsAlive(name)) return Failed(path, "another process listens there; is the node running?");
  if (unlink(path.c_str()) != 0) return FailedWithErrno(path);
  return Status();
}

// Only the owner can open the file, or also members of the group of another user; which of
// them it is, is asked of each connection.
Status OpenTo(const SocketUser& user, const std::string& path) {
  mode_t mode = S_IRUSR | S_IWUSR;
  if (user.uid != geteuid()) {
    mode |= S_IRGRP | S_IWGRP;
    if (chown(path.c_str(), static_cast<uid_t>(-1), user.gid) != 0) {
      return Failed(path, "it cannot be given to the group " + std::to_string(user.gid) +
                              "; make the node's user a member of it");
    }
  }
  return chmod(path.c_str(), mode) == 0 ? Status() : FailedWithErrno(path);
}

// Whether only that connection was lost, before we had it. Other errors of accept are of memory,
// or of the listening socket; they come again at once.
bool IsOfOneConnection(int error) {
  return error == ECONNABORTED || error == EINTR || error == EPERM || error == EPROTO ||
         error == ENETDOWN || error == ENETUNREACH || error == EHOSTDOWN || error == EHOSTUNREACH ||
         error == ENONET || error == ENOPROTOOPT || error == EOPNOTSUPP;
}

}  // namespace

SocketAcceptor::SocketAcceptor(int listen_fd, std::string address, std::string path,
                               uint32_t user_id, int64_t descriptors_end, HasPlace has_place)
    : listen_fd_(listen_fd),
      address_(std::move(address)),
      path_(std::move(path)),
      user_id_(user_id),
      descriptors_end_(descriptors_end),
      has_place_(std::move(has_place)) {
  wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  spare_fd_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ENLACE_CHECK(wake_fd_ >= 0 && spare_fd_ >= 0);
}

SocketAcceptor::~SocketAcceptor() { Stop(); }

StatusOr<std::unique_ptr<ConnectionAcceptor>> SocketAcceptor::Tcp(const std::string& address,
                                                                  int64_t descriptors_end,
                                                                  HasPlace has_place) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return Failed(address, "expected host:port");
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  const AddressList list(host, address.substr(colon + 1));
  if (list.first() == nullptr) return Failed(address, "expected an address of this host");
  const addrinfo& at = *list.first();
  const int fd = socket(at.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return FailedWithErrno(address);
  // A restart must not wait for old connections to time out; this shares no port.
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, at.ai_addr, at.ai_addrlen) != 0 || listen(fd, kBacklog) != 0) {
    const Status status = FailedWithErrno(address);
    close(fd);
    return status;
  }
  const std::string bound = address.substr(0, colon + 1) + std::to_string(PortOf(fd));
  return std::unique_ptr<ConnectionAcceptor>(
      new SocketAcceptor(fd, bound, "", 0, descriptors_end, std::move(has_place)));
}

StatusOr<std::unique_ptr<ConnectionAcceptor>> SocketAcceptor::Unix(const std::string& path) {
  return UnixOf({geteuid(), getegid()}, path);
}

StatusOr<std::unique_ptr<ConnectionAcceptor>> SocketAcceptor::UnixOf(const SocketUser& user,
                                                                     const std::string& path,
                                                                     int64_t descriptors_end) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(name.sun_path)) {
    return Failed(path, "expected a path of 1 to 107 bytes");
  }
  std::memcpy(name.sun_path, path.data(), path.size());
  ENLACE_RETURN_IF_ERROR(RemoveStale(path, name));
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return FailedWithErrno(path);
  // Group and mode are set on the file before anyone can connect: that needs listen().
  Status status;
  if (bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0) {
    status = FailedWithErrno(path);
  } else {
    status = OpenTo(user, path);
    if (status.ok() && listen(fd, kBacklog) != 0) status = FailedWithErrno(path);
    if (!status.ok()) unlink(path.c_str());
  }
  if (!status.ok()) {
    close(fd);
    return status;
  }
  return std::unique_ptr<ConnectionAcceptor>(
      new SocketAcceptor(fd, "unix:" + path, path, user.uid, descriptors_end, {}));
}

void SocketAcceptor::Start(HandOver hand_over) {
  ENLACE_CHECK(!thread_.joinable());
  hand_over_ = std::move(hand_over);
  thread_ = std::jthread([this] { Run(); });
}

void SocketAcceptor::Stop() {
  if (std::exchange(stopped_, true)) return;
  if (thread_.joinable()) {
    const uint64_t one = 1;
    ENLACE_CHECK(write(wake_fd_, &one, sizeof(one)) == sizeof(one));
    thread_.join();
  }
  if (!path_.empty()) unlink(path_.c_str());
  close(listen_fd_);
  close(wake_fd_);
  if (spare_fd_ >= 0) close(spare_fd_);
}

void SocketAcceptor::Run() {
  while (true) {
    pollfd events[2] = {{listen_fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
    if (poll(events, 2, -1) < 0) {
      ENLACE_CHECK(errno == EINTR || errno == ENOMEM);
      continue;
    }
    if (events[1].revents != 0) return;
    if (events[0].revents != 0) TakeAll();
  }
}

void SocketAcceptor::TakeAll() {
  while (!IsToldToStop(0) && TakeOne()) {
  }
}

// False when nobody waits, or nobody can be taken.
bool SocketAcceptor::TakeOne() {
  const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    Welcome(fd);
    return true;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
  if (errno == EMFILE || errno == ENFILE) return TurnAway();
  if (!IsOfOneConnection(errno)) IsToldToStop(kPauseMs);
  return false;
}

void SocketAcceptor::Welcome(int fd) {
  if (fd >= descriptors_end_ || (has_place_ && !has_place_(fd))) return Refuse(fd);
  if (!MayEnter(fd)) {
    close(fd);
    return;
  }
  const int on = 1;
  if (path_.empty()) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  hand_over_(fd);
}

// Out of descriptors: the caller would otherwise wait in the backlog, and poll would spin.
// False when nobody waits, which accept tells only to those who have a descriptor.
bool SocketAcceptor::TurnAway() {
#ifdef ENLACE_BREAK_NO_SPARE_DESCRIPTOR
  return false;
#endif
  close(spare_fd_);
  const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  spare_fd_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (fd >= 0 && spare_fd_ >= 0) {
    Welcome(fd);  // There are descriptors again.
    return true;
  }
  if (fd >= 0) Refuse(fd);
  while (spare_fd_ < 0) {
    spare_fd_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
    // Another thread was faster with the freed descriptor. Without a spare we accept nobody.
    if (spare_fd_ < 0 && IsToldToStop(kPauseMs)) return false;
  }
  return fd >= 0;
}

// One line a minute: whoever floods the door must not flood the log too.
void SocketAcceptor::Refuse(int fd) {
  close(fd);
  ++refused_;
  const int64_t now_ms = SystemClock().SteadyMs();
  if (now_ms < next_word_steady_ms_) return;
  next_word_steady_ms_ = now_ms + kWordMs;
  LogWarning("connections_refused", {{"address", address_},
                                     {"since_start", std::to_string(refused_)},
                                     {"reason", "too many are open"}});
}

bool SocketAcceptor::IsToldToStop(int wait_ms) const {
  pollfd wake{wake_fd_, POLLIN, 0};
  return poll(&wake, 1, wait_ms) > 0;
}

bool SocketAcceptor::MayEnter(int fd) const {
  if (path_.empty()) return true;
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  if (peer.uid == user_id_ || peer.uid == 0) return true;
  LogWarning("socket_refused", {{"address", address_}, {"uid", std::to_string(peer.uid)}});
  return false;
}

}  // namespace enlace::rpc
