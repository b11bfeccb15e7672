#include "node/service/node_card.h"

#include "node/model/names.h"

namespace enlace::service {
namespace {

// The payload of the channel's last card; empty when there is none.
StatusOr<std::string> LastCard(const store::Reader& reader, const std::string& origin) {
  const auto head = store::LoadChannel(reader, origin);
  if (!head.ok()) {
    if (ReasonOf(head.status()) == Reason::CHANNEL_NOT_FOUND) return std::string();
    return head.status();
  }
  std::string last;
  ENLACE_RETURN_IF_ERROR(store::ScanEntries(reader, origin, 0, head->range.size(),
                                            [&last](const store::StoredEntry& entry) {
                                              if (entry.header.kind == "directory.card") {
                                                last = entry.payload;
                                              }
                                              return true;
                                            }));
  return last;
}

}  // namespace

Status EnsureNodeCard(store::Store& store, const store::ChannelKeys& keys,
                      const std::string& network, const channel::v1::NodeCard& card) {
  const std::string origin =
      model::ChannelOrigin{network, card.jurisdiction(), "directory", ""}.ToString();
  const std::string payload = card.SerializeAsString();
  ENLACE_ASSIGN_OR_RETURN(const std::string last, LastCard(*store.Read(), origin));
  if (last == payload) return absl::OkStatus();
  const auto work = [&](store::Transaction& transaction) -> Status {
    return store::AppendEntries(
               transaction, origin,
               {{"directory.card", card.jurisdiction(), model::Audience::Network(), payload}}, keys)
        .status();
  };
  // A node starts on a disk that is nearly full too.
  return store.Write(work, store::WriteClass::kReserved);
}

}  // namespace enlace::service
