#pragma once

#include <cstdint>

#include "node/base/error.h"

// How many file descriptors a node has, and how many of them strangers may hold. A database
// that is refused a descriptor takes no more writes until it is opened again, so the network
// door leaves a reserve and the start makes sure that there is one.
namespace enlace::rpc {

// For the store (256 table files, logs), the channels to peers, the admin socket and files that
// are read for a moment.
inline constexpr int64_t kDescriptorsReserved = 512;
// A node does not start with fewer.
inline constexpr int64_t kDescriptorsMin = 1024;
// Connections of the network door, whatever the system allows: each costs memory too.
inline constexpr int64_t kConnectionsMax = 4096;
static_assert(kDescriptorsReserved < kDescriptorsMin);

// Raises this process's limit to what the system allows and returns it. LISTEN_FAILED below
// kDescriptorsMin.
StatusOr<int64_t> RaiseDescriptorLimit();
Status CheckDescriptorLimit(int64_t limit);

// From this number on a descriptor is not for a connection. The system gives out the lowest
// free one, so that a higher number means that all below are in use.
int64_t ConnectionDescriptorsEnd(int64_t limit);

}  // namespace enlace::rpc
