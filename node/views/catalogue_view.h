#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "enlace/channel/v1/training.pb.h"
#include "node/views/fold_cache.h"

// The catalogue of programmes: a fold of training channels.
//
// The highest revision of a programme counts; it must be of the channel's own jurisdiction
// and keep the rules for what a programme may say (programme_check.h). A later entry about the same
// programme that this node may not read (its audience was narrowed) takes the programme out of the
// catalogue.
namespace enlace::views {

struct CatalogueEntry {
  channel::v1::Programme programme;
  bool withdrawn = false;
  std::string channel;
  uint64_t sequence = 0;
  std::string audience;
};

struct CatalogueState {
  ChannelAt channel;
  std::string jurisdiction;
  std::map<std::string, CatalogueEntry> programmes;  // By name.
  std::map<std::string, std::string> name_of_tag;    // Subject tag -> name.
  LeftOut left_out;
};

// Folds the entries from state.channel.size up to `size` into `state`.
Status ExtendCatalogue(const store::Reader& reader, uint64_t size, CatalogueState& state);

// As FiguresView.
class CatalogueView {
 public:
  StatusOr<std::shared_ptr<const CatalogueState>> At(const store::Reader& reader,
                                                     const ChannelAt& channel);

 private:
  FoldCache<CatalogueState> cache_;
};

}  // namespace enlace::views
