#include "node/rpc/socket_user.h"

#include <pwd.h>

#include <array>

namespace enlace::rpc {

StatusOr<SocketUser> FindUser(const std::string& name) {
  std::array<char, 4096> texts{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwnam_r(name.c_str(), &entry, texts.data(), texts.size(), &found) != 0) found = nullptr;
  if (found == nullptr) {
    return Error(Reason::CONFIG_INVALID, "this machine has no user " + name, {{"user", name}});
  }
  return SocketUser{found->pw_uid, found->pw_gid};
}

}  // namespace enlace::rpc
