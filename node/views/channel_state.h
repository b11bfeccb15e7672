#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/error.h"
#include "node/store/channel_table.h"

// Which channels a view is folded from, and how far: a fold is a function of channel
// entries up to sizes for which the owner's signed checkpoint is held.
namespace enlace::views {

struct ChannelAt {
  std::string origin;
  uint64_t size = 0;
  auto operator<=>(const ChannelAt&) const = default;
};

// What a fold left out, by reason.
struct LeftOut {
  uint64_t not_understood = 0;  // Kinds or header versions of newer software.
  uint64_t withheld = 0;        // This node is not in the audience.
  uint64_t erased = 0;
  uint64_t invalid = 0;  // Signed by the owner, but against the rules of its kind.
  bool operator==(const LeftOut&) const = default;
};

// The largest size that is held whole and signed by the owner; 0 for none.
StatusOr<uint64_t> SignedSize(const store::Reader& reader, const store::ChannelHead& head);

// The channels of `kind` ("statistics", "training") that this node holds, own and
// mirrored, at their signed sizes, ordered by origin.
StatusOr<std::vector<ChannelAt>> HeldChannels(const store::Reader& reader, std::string_view network,
                                              std::string_view kind);

// The origins of those of them that stopped, because their owner signed two histories.
StatusOr<std::set<std::string>> StoppedChannels(const store::Reader& reader,
                                                std::string_view network, std::string_view kind);

}  // namespace enlace::views
