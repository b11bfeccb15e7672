#pragma once

#include "node/rpc/handler.h"

// grpc.reflection.v1alpha: what services and messages the node has, for tools of its
// operator. Only what the table's methods use is told.
namespace enlace::rpc {

// REQUIRES: `table` outlives the handler. Register it last or first: it reads the table when
// it is asked.
void RegisterReflection(HandlerTable& table);

}  // namespace enlace::rpc
