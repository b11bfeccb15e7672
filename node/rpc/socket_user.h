#pragma once

#include <cstdint>
#include <string>

#include "node/base/error.h"

namespace enlace::rpc {

// A user of this machine who may open a Unix socket, and the group by which the file is opened.
struct SocketUser {
  uint32_t uid = 0;
  uint32_t gid = 0;
};

// The user of this name, with the primary group. CONFIG_INVALID when there is none.
StatusOr<SocketUser> FindUser(const std::string& name);

}  // namespace enlace::rpc
