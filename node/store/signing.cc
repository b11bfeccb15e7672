#include "node/store/signing.h"

#include <fmt/format.h>

#include "node/base/log.h"
#include "node/store/channel_table.h"

namespace enlace::store {
namespace {

constexpr std::string_view kClosedKey = "signing_closed";  // In kMeta.

Status Compare(const ChannelSizes& own, const ChannelSizes& held) {
  for (const auto& [origin, size] : held) {
    if (own.find(origin) == own.end()) {
      return Error(Reason::REQUEST_INVALID,
                   fmt::format("{} is not a channel that this node owns", origin));
    }
  }
  for (const auto& [origin, size] : own) {
    const auto found = held.find(origin);
    if (found == held.end()) {
      return Error(Reason::REQUEST_INVALID,
                   fmt::format("the size of {} that the peers hold is not told; name every own "
                               "channel, with 0 for one that no peer holds",
                               origin));
    }
    if (found->second > size) {
      return Error(Reason::STORE_BEHIND_ANCHOR,
                   fmt::format("a peer holds {} entries of {} and this database {}: signing it "
                               "again would contradict what that peer holds. Put the newer data "
                               "directory back, or take up a new one with a new key",
                               found->second, origin, size));
    }
  }
  return absl::OkStatus();
}

}  // namespace

Status CheckSigningOpen(const Reader& reader) {
  ENLACE_ASSIGN_OR_RETURN(const auto replaced, ReplacedInstance(reader));
  if (!replaced.has_value()) return absl::OkStatus();
  return Error(Reason::CHANNEL_STOPPED,
               "this node's channels are not signed since its database was adopted; the operator "
               "must ask the peers how many entries of each they hold (`enlace channels list` "
               "there) and confirm these sizes (`enlaced adopt --confirm-sizes`)");
}

void CloseSigning(Transaction& transaction, std::string_view replaced_instance) {
  transaction.Put(Table::kMeta, kClosedKey, replaced_instance);
}

StatusOr<std::optional<std::string>> ReplacedInstance(const Reader& reader) {
  return reader.Get(Table::kMeta, kClosedKey);
}

StatusOr<ChannelSizes> OwnChannelSizes(const Reader& reader) {
  ENLACE_ASSIGN_OR_RETURN(const auto heads, ListChannelHeads(reader, ""));
  ChannelSizes sizes;
  for (const ChannelHead& head : heads) {
    if (head.own) sizes[head.origin] = head.range.size();
  }
  return sizes;
}

Status ConfirmChannelSizes(Store& store, const ChannelSizes& held) {
  bool opened = false;
  const Status written = store.Write([&](Transaction& transaction) -> Status {
    ENLACE_ASSIGN_OR_RETURN(const auto replaced, ReplacedInstance(transaction));
    if (!replaced.has_value()) return absl::OkStatus();
    ENLACE_ASSIGN_OR_RETURN(const ChannelSizes own, OwnChannelSizes(transaction));
    ENLACE_RETURN_IF_ERROR(Compare(own, held));
    transaction.Delete(Table::kMeta, kClosedKey);
    opened = true;
    return absl::OkStatus();
  });
  if (written.ok() && opened) {
    LogWarning("signing_opened", {{"channels", std::to_string(held.size())}});
  }
  return written;
}

}  // namespace enlace::store
