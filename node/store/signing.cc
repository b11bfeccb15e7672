#include "node/store/signing.h"

#include <fmt/format.h>

#include "node/base/log.h"
#include "node/channel/checkpoint.h"
#include "node/store/channel_table.h"
#include "node/store/recovery.h"

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

// Whether this database holds what the owner's checkpoint says.
StatusOr<bool> BearsOut(const Reader& reader, const std::string& origin,
                        const channel::Checkpoint& shown) {
  if (shown.size == 0) return true;
  const auto head = LoadChannel(reader, origin);
  if (!head.ok() && ReasonOf(head.status()) == Reason::CHANNEL_NOT_FOUND) return false;
  ENLACE_RETURN_IF_ERROR(head.status());
  if (head->range.size() < shown.size) return false;
  ENLACE_ASSIGN_OR_RETURN(const Hash root, StoredRoot(reader, origin, shown.size));
  return root == shown.root;
}

}  // namespace

Status CheckSigningOpen(const Reader& reader) {
  ENLACE_ASSIGN_OR_RETURN(const auto replaced, ReplacedInstance(reader));
  if (!replaced.has_value()) return absl::OkStatus();
  return Error(
      Reason::CHANNEL_STOPPED,
      "this node's channels are not signed since its database was adopted or restored, or a peer "
      "showed a newer state of them. The node opens them once all its peers were reached and hold "
      "no more of them. Otherwise the operator must put the newer data directory back, or ask the "
      "peers how many entries of each they hold (`enlace channels list` there) and confirm these "
      "sizes (`enlaced adopt --confirm-sizes`)");
}

void CloseSigning(Transaction& transaction, std::string_view replaced_instance) {
  transaction.Put(Table::kMeta, kClosedKey, replaced_instance);
}

StatusOr<std::optional<std::string>> ReplacedInstance(const Reader& reader) {
  return reader.Get(Table::kMeta, kClosedKey);
}

StatusOr<bool> CompareShownCheckpoint(Store& store, const std::string& origin,
                                      const std::string& note, const crypto::PublicKey& own_key) {
  const auto shown = channel::OpenCheckpoint(note, origin, own_key);
  if (!shown.ok()) return false;
  const auto reader = store.Read();
  ENLACE_ASSIGN_OR_RETURN(const bool borne_out, BearsOut(*reader, origin, *shown));
  if (borne_out) return false;
  ENLACE_ASSIGN_OR_RETURN(const auto closed, ReplacedInstance(*reader));
  if (closed.has_value()) return true;
  ENLACE_RETURN_IF_ERROR(store.Write([](Transaction& transaction) -> Status {
    ENLACE_ASSIGN_OR_RETURN(const auto earlier, ReplacedInstance(transaction));
    if (earlier.has_value()) return absl::OkStatus();
    ENLACE_ASSIGN_OR_RETURN(const storage::v1::StoreMeta meta, ReadMeta(transaction));
    CloseSigning(transaction, meta.instance_id());
    return absl::OkStatus();
  }));
  LogError("own_channel_forgotten",
           {{"origin", origin},
            {"signed_size", std::to_string(shown->size)},
            {"action", "this directory is older than what was published: nothing is signed"}});
  return true;
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
