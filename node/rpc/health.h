#pragma once

#include <atomic>

#include "node/rpc/handler.h"

// grpc.health.v1: whether the node takes calls. Thread-safe.
namespace enlace::rpc {

class Health {
 public:
  // From the start until told otherwise, a node is not serving.
  void Set(bool serving) { serving_ = serving; }
  bool serving() const { return serving_; }

  // Registers Check and Watch. Check also answers while the node drains; it knows "" and the
  // services of the table, and answers SERVICE_UNKNOWN for others. REQUIRES: `table` and this
  // outlive each other's use.
  void Register(HandlerTable& table);

 private:
  std::atomic<bool> serving_ = false;
};

}  // namespace enlace::rpc
