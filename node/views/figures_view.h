#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "enlace/channel/v1/statistics.pb.h"
#include "node/views/fold_cache.h"

// Which releases are in force: a fold of a statistics channel.
//
// A release is in force from its entry on, until a later release of the same channel
// supersedes it or a withdrawal names it. A release counts only if its hash matches, its
// content is well formed, it is of the channel's own jurisdiction and its name is new;
// anything else is left out and counted, and takes nothing else down with it.
namespace enlace::views {

struct ReleaseInForce {
  uint64_t sequence = 0;
  std::string released_on;
  channel::v1::ReleaseContent content;
};

struct StatisticsState {
  ChannelAt channel;
  std::string jurisdiction;
  std::map<uint64_t, ReleaseInForce> releases;  // By sequence.
  std::map<std::string, uint64_t> sequence_of;  // Every release name ever seen.
  uint64_t superseded = 0;
  uint64_t withdrawn = 0;
  LeftOut left_out;
};

// Folds the entries from state.channel.size up to `size` into `state`.
// REQUIRES: state.channel.origin and state.jurisdiction are set.
Status ExtendStatistics(const store::Reader& reader, uint64_t size, StatisticsState& state);

// One figure with the release that it is of.
struct PlacedFigure {
  const ReleaseInForce* release = nullptr;
  channel::v1::Figure figure;
};
// Each key once, in the order of releases (year first). Where two releases in force have
// the same key, which a node that follows the rules never signs, the later one counts.
std::vector<PlacedFigure> FiguresInForce(const StatisticsState& state);

// States of channels at sizes, kept between calls. Thread-safe. Everything here can be
// dropped at any time and is folded again from the channels.
class FiguresView {
 public:
  StatusOr<std::shared_ptr<const StatisticsState>> At(const store::Reader& reader,
                                                      const ChannelAt& channel);

 private:
  FoldCache<StatisticsState> cache_;
};

}  // namespace enlace::views
