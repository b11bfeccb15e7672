#pragma once

#include <string>

#include "enlace/channel/v1/directory.pb.h"
#include "node/store/channel_table.h"
#include "node/store/store.h"

namespace enlace::service {

// Makes sure that <network>/<jurisdiction>/directory ends with this card: appends it when
// the channel is new or its last card is another one. Called at every start; after the
// first it usually writes nothing.
Status EnsureNodeCard(store::Store& store, const store::ChannelKeys& keys,
                      const std::string& network, const channel::v1::NodeCard& card);

}  // namespace enlace::service
