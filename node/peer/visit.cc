#include "node/peer/visit.h"

#include <algorithm>
#include <set>

#include "node/base/log.h"
#include "node/model/names.h"
#include "node/store/signing.h"

namespace enlace::peer {
namespace {

namespace pb = enlace::federation::v1;

constexpr char kListMethod[] = "/enlace.federation.v1.FederationService/ListPeerChannels";
constexpr char kPullMethod[] = "/enlace.federation.v1.FederationService/PullEntries";

// How old the stored time of the last success may grow while nothing changes; each refresh
// costs a synced write.
constexpr int64_t kFreshnessMs = 600'000;

channel::Page ToPage(pb::PullEntriesResponse& response) {
  channel::Page page;
  page.entries.reserve(static_cast<size_t>(response.entries_size()));
  for (auto& entry : *response.mutable_entries()) {
    channel::PageEntry moved;
    moved.sequence = entry.sequence();
    moved.header = std::move(*entry.mutable_header());
    moved.state = static_cast<uint32_t>(entry.payload_state());
    moved.payload = std::move(*entry.mutable_payload());
    moved.opening = std::move(*entry.mutable_opening());
    page.entries.push_back(std::move(moved));
  }
  page.checkpoint = response.checkpoint();
  page.consistency_proof.assign(response.consistency_proof().begin(),
                                response.consistency_proof().end());
  page.checkpoint_proof.assign(response.checkpoint_proof().begin(),
                               response.checkpoint_proof().end());
  return page;
}

ChannelState StateOf(const store::ChannelHead& head) {
  ChannelState state;
  state.held = head.range.size();
  state.offered = head.checkpoint_size;
  state.last_success_time_ms = head.last_pull_time_ms;
  state.stopped = head.stopped();
  return state;
}

void SetTrouble(ChannelState& state, const Status& status) {
  if (status.ok()) return;
  state.trouble = ReasonName(ReasonOf(status));
  state.message = MessageOf(status);
}

// The root of the first `size` entries held. Damage of our own store must not look like a
// lie of the owner, so it is shown to lie under the root that was verified.
StatusOr<Hash> HeldRootAt(const store::Reader& reader, const store::ChannelHead& head,
                          uint64_t size) {
  ENLACE_ASSIGN_OR_RETURN(const Hash root, store::StoredRoot(reader, head.origin, size));
  ENLACE_ASSIGN_OR_RETURN(const auto proof, store::StoredConsistencyProof(reader, head.origin, size,
                                                                          head.range.size()));
  if (!channel::VerifyConsistency(size, head.range.size(), root, head.range.Root(), proof).ok()) {
    return Error(Reason::STORE_CORRUPT, "the stored tree of a channel does not fit its head");
  }
  return root;
}

// Whether an error of one call speaks of the peer or the way to it, so that no other call
// is worth trying now.
bool IsOfPeer(const Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kCancelled:
      return true;
    default:
      return false;
  }
}

}  // namespace

VisitResult Visit::Run(const std::function<bool()>& cancelled) {
  VisitResult result;
  std::vector<pb::PeerChannel> offers;
  result.status = List(offers, result.held);
  if (!result.status.ok()) return result;
  for (const pb::PeerChannel& offer : offers) {
    if (cancelled() || !peer_status_.ok()) break;
    if (!IsOurs(offer.origin()) || result.channels.contains(offer.origin())) continue;
    ChannelState& state = result.channels[offer.origin()];
    SetTrouble(state, PullChannel(offer, state, cancelled));
  }
  const Status added = AddMissing(offers, result.channels);
  result.status = peer_status_.ok() ? added : peer_status_;
  result.more = more_;
  return result;
}

Status Visit::List(std::vector<pb::PeerChannel>& offers, std::optional<HeldMirrors>& held) {
  pb::ListPeerChannelsResponse response;
  ENLACE_RETURN_IF_ERROR(
      caller_.Call(kListMethod, pb::ListPeerChannelsRequest(), response, limits_.call_timeout_ms));
  if (static_cast<size_t>(response.channels_size()) > limits_.channels_max) {
    return Error(Reason::REQUEST_TOO_LARGE,
                 "the peer offers " + std::to_string(response.channels_size()) + " channels");
  }
  ENLACE_RETURN_IF_ERROR(CompareHeld(response));
  offers.assign(response.channels().begin(), response.channels().end());
  if (!response.held_is_all()) return absl::OkStatus();
  held.emplace();
  for (const pb::PeerChannel& channel : response.held()) {
    held->insert_or_assign(channel.origin(), channel.checkpoint());
  }
  return absl::OkStatus();
}

Status Visit::CompareHeld(const pb::ListPeerChannelsResponse& response) {
  if (static_cast<size_t>(response.held_size()) > limits_.channels_max) {
    return Error(
        Reason::REQUEST_TOO_LARGE,
        "the peer holds " + std::to_string(response.held_size()) + " channels of this node");
  }
  for (const pb::PeerChannel& held : response.held()) {
    ENLACE_RETURN_IF_ERROR(store::CompareShownCheckpoint(store_, held.origin(), held.checkpoint(),
                                                         peer_.own_channel_key)
                               .status());
  }
  return absl::OkStatus();
}

bool Visit::IsOurs(const std::string& origin) const {
  const auto parsed = model::ChannelOrigin::Parse(origin);
  return parsed.ok() && parsed->network == peer_.network &&
         parsed->jurisdiction == peer_.jurisdiction &&
         parsed->jurisdiction != peer_.own_jurisdiction;
}

// A peer that stops offering a channel hides its growth: that must show.
Status Visit::AddMissing(const std::vector<pb::PeerChannel>& offers,
                         ChannelStates& channels) const {
  ENLACE_ASSIGN_OR_RETURN(
      const auto heads,
      store::ListChannelHeads(*store_.Read(), peer_.network + "/" + peer_.jurisdiction + "/"));
  std::set<std::string> offered;
  for (const pb::PeerChannel& offer : offers) offered.insert(offer.origin());
  for (const store::ChannelHead& head : heads) {
    if (head.own || offered.contains(head.origin)) continue;
    ChannelState state = StateOf(head);
    SetTrouble(state, Error(Reason::CHANNEL_NOT_FOUND, "the peer no longer offers this channel"));
    channels.emplace(head.origin, std::move(state));
  }
  return absl::OkStatus();
}

StatusOr<store::ChannelHead> Visit::HeadOf(const std::string& origin) const {
  auto head = store::LoadChannel(*store_.Read(), origin);
  if (head.ok() || ReasonOf(head.status()) != Reason::CHANNEL_NOT_FOUND) return head;
  store::ChannelHead fresh;
  fresh.origin = origin;
  return fresh;
}

Status Visit::PullChannel(const pb::PeerChannel& offer, ChannelState& state,
                          const std::function<bool()>& cancelled) {
  ENLACE_ASSIGN_OR_RETURN(store::ChannelHead head, HeadOf(offer.origin()));
  state = StateOf(head);
  if (state.stopped) {
    return Error(Reason::CHANNEL_STOPPED, "the channel is stopped by contradicting evidence");
  }
  const auto keep = [&](const Status& status) {
    if (ReasonOf(status) == Reason::CHECKPOINT_INCONSISTENT) state.stopped = true;
    return status;
  };
  uint64_t offered_size = 0;
  const Status offered = CheckOffer(offer, head, offered_size);
  if (!offered.ok()) return keep(offered);
  state.offered = std::max(offered_size, head.checkpoint_size);
  for (int page = 0; head.checkpoint.empty() || head.range.size() < state.offered; ++page) {
    if (cancelled()) return absl::OkStatus();
    if (page == limits_.pages_per_channel_max) {
      more_ = true;
      return absl::OkStatus();
    }
    auto next = PullPage(head, state.offered);
    if (!next.ok()) return keep(next.status());
    head = *std::move(next);
    state.held = head.range.size();
    state.offered = std::max(state.offered, head.checkpoint_size);
  }
  state.last_success_time_ms = clock_.NowMs();
  return NoteSuccess(head);
}

// An offer that contradicts what was seen is found before anything is pulled.
Status Visit::CheckOffer(const pb::PeerChannel& offer, const store::ChannelHead& head,
                         uint64_t& offered_size) {
  ENLACE_ASSIGN_OR_RETURN(
      const channel::Checkpoint now,
      channel::OpenCheckpoint(offer.checkpoint(), offer.origin(), peer_.channel_key));
  offered_size = now.size;
  ENLACE_ASSIGN_OR_RETURN(const auto seen,
                          store::CheckpointAt(*store_.Read(), offer.origin(), now.size));
  if (seen.has_value()) {
    const Status compared =
        channel::CompareCheckpoints(offer.origin(), peer_.channel_key, *seen, offer.checkpoint());
    if (ReasonOf(compared) == Reason::CHECKPOINT_INCONSISTENT && !compared.ok()) {
      store::ChannelHead known = head;
      known.checkpoint = *seen;
      return Stop(known, offer.checkpoint(), compared);
    }
    ENLACE_RETURN_IF_ERROR(compared);
  }
  return now.size < head.checkpoint_size ? RefuseShorter(offer, head, now) : absl::OkStatus();
}

// A log that became shorter, as after a restore from an old copy. Always an error.
Status Visit::RefuseShorter(const pb::PeerChannel& offer, const store::ChannelHead& head,
                            const channel::Checkpoint& now) {
  // Asked for more than it holds, the owner raises its own alarm. What it answers changes
  // nothing here; when it does not answer, FetchPage has noted that.
  const Status told = FetchPage(head, true).status();
  if (now.size > 0 && now.size <= head.range.size()) {
    ENLACE_ASSIGN_OR_RETURN(const Hash held, HeldRootAt(*store_.Read(), head, now.size));
    if (held != now.root) {
      return Stop(head, offer.checkpoint(),
                  Error(Reason::CHECKPOINT_INCONSISTENT,
                        "the owner signed a root of " + std::to_string(now.size) +
                            " entries that the entries held here do not have"));
    }
  }
  return Error(Reason::CHECKPOINT_INVALID,
               "the peer offers " + std::to_string(now.size) + " entries of a channel that had " +
                   std::to_string(head.checkpoint_size) +
                   "; if it was restored from a backup, its operator must know");
}

StatusOr<channel::Page> Visit::FetchPage(const store::ChannelHead& head, bool forgotten) {
  pb::PullEntriesRequest request;
  request.set_origin(head.origin);
  request.set_from_sequence(head.range.size());
  request.set_limit(limits_.page_entries);
  request.set_checkpoint_size(head.checkpoint_size);
  if (forgotten) request.set_checkpoint(head.checkpoint);
  pb::PullEntriesResponse response;
  const Status called = caller_.Call(kPullMethod, request, response, limits_.call_timeout_ms);
  if (!called.ok() && IsOfPeer(called)) peer_status_ = called;
  ENLACE_RETURN_IF_ERROR(called);
  if (static_cast<size_t>(response.entries_size()) > channel::kPageEntriesMax) {
    return Error(Reason::REQUEST_TOO_LARGE,
                 "the peer sends " + std::to_string(response.entries_size()) + " entries at once");
  }
  return ToPage(response);
}

// `offered` entries the peer said to have: a page must come nearer to them.
StatusOr<store::ChannelHead> Visit::PullPage(const store::ChannelHead& head, uint64_t offered) {
  ENLACE_ASSIGN_OR_RETURN(const channel::Page page, FetchPage(head));
  auto verified =
      channel::VerifyPage(head.origin, peer_.channel_key, {head.range, head.checkpoint}, page);
  if (!verified.ok()) {
    if (ReasonOf(verified.status()) == Reason::CHECKPOINT_INCONSISTENT) {
      return Stop(head, page.checkpoint, verified.status());
    }
    return verified.status();
  }
  if (verified->entries.empty() && head.range.size() < verified->checkpoint_size) {
    return Error(Reason::ENTRY_INVALID,
                 "the peer sends no entries although its checkpoint has more");
  }
  if (verified->entries.empty() && head.range.size() < offered) {
    return Error(Reason::CHECKPOINT_INVALID, "the peer offers " + std::to_string(offered) +
                                                 " entries and shows a checkpoint of " +
                                                 std::to_string(verified->checkpoint_size));
  }
  ENLACE_ASSIGN_OR_RETURN(const size_t dropped,
                          channel::EnforceAudience(peer_.own_jurisdiction, verified->entries));
  if (dropped > 0) {
    LogWarning("payloads_not_for_this_node",
               {{"peer", peer_.jurisdiction},
                {"origin", head.origin},
                {"payloads", std::to_string(dropped)},
                {"action", "not kept; the peer's operator must know"}});
  }
  store::ChannelHead after = head;
  after.range = verified->head.range;
  after.checkpoint = verified->head.checkpoint;
  after.checkpoint_size = verified->checkpoint_size;
  after.last_pull_time_ms = clock_.NowMs();
  ENLACE_RETURN_IF_ERROR(store_.Write([&](store::Transaction& transaction) {
    return store::ApplyMirrorPage(transaction, head, after, verified->entries);
  }));
  return after;
}

// Always an error: `why`, or that the evidence could not be stored.
Status Visit::Stop(const store::ChannelHead& head, const std::string& note, const Status& why) {
  LogError("mirror_contradiction", {{"peer", peer_.jurisdiction},
                                    {"origin", head.origin},
                                    {"action", "stopped; both signed checkpoints are kept"}});
  const auto work = [&](store::Transaction& transaction) {
    return store::StopChannel(transaction, head.origin, {head.checkpoint, note});
  };
  ENLACE_RETURN_IF_ERROR(store_.Write(work, store::WriteClass::kReserved));
  return why;
}

Status Visit::NoteSuccess(const store::ChannelHead& head) {
  const int64_t now_ms = clock_.NowMs();
  if (now_ms - head.last_pull_time_ms < kFreshnessMs) return absl::OkStatus();
  store::ChannelHead after = head;
  after.last_pull_time_ms = now_ms;
  return store_.Write([&](store::Transaction& transaction) {
    return store::ApplyMirrorPage(transaction, head, after, {});
  });
}

}  // namespace enlace::peer
