#pragma once

#include <cstdint>

#include "node/base/error.h"

// How many file descriptors a node has, and who may hold them. A database that is refused a
// descriptor takes no more writes until it is opened again, so it gets its share first,
// strangers what is left.
namespace enlace::rpc {

// A node does not start with fewer.
inline constexpr int64_t kDescriptorsMin = 256;

// The shares of a process that may open `limit` files. Each connection of the network door
// takes two (connections.h).
struct DescriptorPlan {
  int64_t store_files = 0;  // Table files that the database may keep open, of which it needs few.
  int64_t connections = 0;
  // From this number on a descriptor is not for a connection, whatever was planned. The system
  // gives out the lowest free one, so that a higher number means that all below are in use.
  int64_t connection_end = 0;
};

// `peers` is how many nodes this one connects to. LISTEN_FAILED below kDescriptorsMin.
StatusOr<DescriptorPlan> PlanDescriptors(int64_t limit, int64_t peers = 0);

// Raises this process's limit to what the system allows and returns it.
int64_t RaiseDescriptorLimit();

}  // namespace enlace::rpc
