#include "node/peer/signing_gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "node/base/log.h"
#include "node/channel/checkpoint.h"
#include "node/store/channel_table.h"

namespace enlace::peer {

SigningGate::SigningGate(store::Store& store, const crypto::PublicKey& own_key,
                         std::set<std::string> peers, std::function<void()> opened)
    : store_(store),
      own_key_(own_key),
      peers_(std::move(peers)),
      opened_(std::move(opened)),
      open_(store::CheckSigningOpen(*store.Read()).ok()) {}

void SigningGate::Note(const std::string& peer, const HeldMirrors& held) {
  if (open_ || !peers_.contains(peer)) return;
  const auto reader = store_.Read();
  const auto own = store::OwnChannelSizes(*reader);
  const auto sizes =
      own.ok() ? Check(*reader, *own, held) : StatusOr<store::ChannelSizes>(own.status());
  bool opened = false;
  {
    MutexLock lock(mutex_);
    if (open_) return;
    if (!sizes.ok()) {
      Refuse(peer, sizes.status());
      return;
    }
    confirmed_[peer] = *sizes;
    refused_.erase(peer);
    opened = OpenIfAllConfirm(*own);
  }
  if (opened && opened_) opened_();
}

StatusOr<store::ChannelSizes> SigningGate::Check(const store::Reader& reader,
                                                 const store::ChannelSizes& own,
                                                 const HeldMirrors& held) const {
  store::ChannelSizes sizes;
  for (const auto& [origin, note] : held) {
    ENLACE_ASSIGN_OR_RETURN(const channel::Checkpoint shown,
                            channel::OpenCheckpoint(note, origin, own_key_));
    const auto here = own.find(origin);
    const uint64_t size = here == own.end() ? 0 : here->second;
    if (shown.size > size || here == own.end()) {
      return Error(Reason::STORE_BEHIND_ANCHOR,
                   fmt::format("it holds {} entries of {}, signed by this node, and this node {}",
                               shown.size, origin, size));
    }
    if (shown.size > 0) {
      ENLACE_ASSIGN_OR_RETURN(const Hash root, store::StoredRoot(reader, origin, shown.size));
      if (root != shown.root) {
        return Error(Reason::CHECKPOINT_INCONSISTENT,
                     fmt::format("it holds another history of the {} entries of {}, signed by "
                                 "this node",
                                 shown.size, origin));
      }
    }
    sizes[origin] = shown.size;
  }
  return sizes;
}

void SigningGate::Refuse(const std::string& peer, const Status& why) {
  confirmed_.erase(peer);
  std::string& known = refused_[peer];
  if (known == MessageOf(why)) return;
  known = MessageOf(why);
  LogError(
      "signing_not_confirmed",
      {{"peer", peer}, {"reason", std::string(ReasonName(ReasonOf(why)))}, {"message", known}});
}

bool SigningGate::OpenIfAllConfirm(const store::ChannelSizes& own) {
  if (confirmed_.size() < peers_.size()) return false;
  store::ChannelSizes largest = own;
  for (auto& [origin, size] : largest) {
    size = 0;
    for (const auto& [peer, sizes] : confirmed_) {
      const auto found = sizes.find(origin);
      if (found != sizes.end()) size = std::max(size, found->second);
    }
  }
  open_ = store::ConfirmChannelSizes(store_, largest).ok();
  return open_;
}

}  // namespace enlace::peer
