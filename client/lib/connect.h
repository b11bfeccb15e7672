#pragma once

#include <memory>

#include "client/lib/client.h"
#include "node/base/error.h"
#include "node/transport/remote_node.h"

// The connection that clients and groups of streams are made of. Inside of the library.
namespace enlace::client {

// Errors as of Client::Make. Does not connect yet.
StatusOr<std::unique_ptr<transport::RemoteNode>> Connect(const ClientOptions& options);

}  // namespace enlace::client
