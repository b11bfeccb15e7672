#include "node/views/channel_state.h"

#include "node/model/names.h"

namespace enlace::views {
namespace {

StatusOr<std::vector<store::ChannelHead>> HeadsOf(const store::Reader& reader,
                                                  std::string_view network, std::string_view kind) {
  ENLACE_ASSIGN_OR_RETURN(auto heads, store::ListChannelHeads(reader));
  std::erase_if(heads, [network, kind](const store::ChannelHead& head) {
    const auto origin = model::ChannelOrigin::Parse(head.origin);
    return !origin.ok() || origin->network != network || origin->kind != kind;
  });
  return heads;
}

}  // namespace

StatusOr<uint64_t> SignedSize(const store::Reader& reader, const store::ChannelHead& head) {
  const uint64_t held = head.range.size();
  ENLACE_ASSIGN_OR_RETURN(const auto note, store::CheckpointAt(reader, head.origin, held));
  if (note.has_value()) return held;
  // The mirror is in the middle of a long page run: the last size signed before it.
  uint64_t last = 0;
  ENLACE_RETURN_IF_ERROR(store::ScanCheckpoints(reader, head.origin, 0, held,
                                                [&last](uint64_t size, const std::string&) {
                                                  last = size;
                                                  return true;
                                                }));
  return last;
}

StatusOr<std::vector<ChannelAt>> HeldChannels(const store::Reader& reader, std::string_view network,
                                              std::string_view kind) {
  ENLACE_ASSIGN_OR_RETURN(const auto heads, HeadsOf(reader, network, kind));
  std::vector<ChannelAt> channels;
  for (const store::ChannelHead& head : heads) {
    ENLACE_ASSIGN_OR_RETURN(const uint64_t size, SignedSize(reader, head));
    channels.push_back({head.origin, size});
  }
  return channels;
}

StatusOr<std::set<std::string>> StoppedChannels(const store::Reader& reader,
                                                std::string_view network, std::string_view kind) {
  ENLACE_ASSIGN_OR_RETURN(const auto heads, HeadsOf(reader, network, kind));
  std::set<std::string> stopped;
  for (const store::ChannelHead& head : heads) {
    if (head.stopped()) stopped.insert(head.origin);
  }
  return stopped;
}

}  // namespace enlace::views
