#include "node/service/federation_service.h"

#include <algorithm>

#include "node/base/log.h"
#include "node/model/names.h"
#include "node/store/signing.h"

namespace enlace::service {
namespace {

namespace pb = enlace::federation::v1;
namespace channel_pb = enlace::channel::v1;

// What this caller gets of an entry.
channel_pb::Entry ToEntry(const store::StoredEntry& stored, const std::string& jurisdiction) {
  channel_pb::Entry entry;
  entry.set_sequence(stored.sequence);
  entry.set_header(stored.header.raw);
  if (stored.state == store::PayloadState::kErased) {
    entry.set_payload_state(channel_pb::Entry::ERASED);
    return entry;
  }
  // An audience that cannot be read is nobody.
  const auto audience = model::Audience::Parse(stored.header.audience);
  bool entitled = audience.ok() && audience->Includes(jurisdiction);
#ifdef ENLACE_BREAK_IGNORE_AUDIENCE
  entitled = true;
#endif
  if (!entitled || stored.state != store::PayloadState::kPresent) {
    entry.set_payload_state(channel_pb::Entry::WITHHELD);
    return entry;
  }
  entry.set_payload_state(channel_pb::Entry::PRESENT);
  entry.set_payload(stored.payload);
  entry.set_opening(stored.opening);
  return entry;
}

void AddProof(const std::vector<Hash>& hashes,
              google::protobuf::RepeatedPtrField<std::string>& out) {
  for (const Hash& hash : hashes) out.Add(std::string(AsView(hash)));
}

// The mirrors here of what the caller owns. It signed them, so it may see them all.
Status AddHeld(const store::Reader& reader, const std::string& owner_prefix,
               pb::ListPeerChannelsResponse& response) {
  ENLACE_ASSIGN_OR_RETURN(const auto heads, store::ListChannelHeads(reader, owner_prefix));
  response.set_held_is_all(heads.size() <= FederationService::kChannelsMax);
  for (const store::ChannelHead& head : heads) {
    if (head.own || head.checkpoint.empty()) continue;
    if (static_cast<size_t>(response.held_size()) == FederationService::kChannelsMax) break;
    pb::PeerChannel* channel = response.add_held();
    channel->set_origin(head.origin);
    channel->set_checkpoint(head.checkpoint);
  }
  return absl::OkStatus();
}

Status NotFound() {
  return Error(Reason::CHANNEL_NOT_FOUND,
               "this node holds no such channel, or it is not for the caller");
}

}  // namespace

void FederationService::Register(rpc::HandlerTable& table) {
  ENLACE_REGISTER(table, "enlace.federation.v1.FederationService", ListPeerChannels, *this,
                  pb::ListPeerChannelsRequest, pb::ListPeerChannelsResponse);
  ENLACE_REGISTER(table, "enlace.federation.v1.FederationService", PullEntries, *this,
                  pb::PullEntriesRequest, pb::PullEntriesResponse);
}

Status FederationService::CheckMember(const rpc::CallContext& call) const {
  if (parts_.members.contains(call.caller.jurisdiction())) return absl::OkStatus();
  return Error(Reason::PERMISSION_DENIED, "the caller's jurisdiction is no member here");
}

bool FederationService::MaySee(const std::string& origin, const std::string& jurisdiction) const {
  const auto parsed = model::ChannelOrigin::Parse(origin);
  if (!parsed.ok() || parsed->network != parts_.network ||
      parsed->jurisdiction != parts_.jurisdiction) {
    return false;
  }
  // A channel with a peer in its name exists for that peer alone.
  return parsed->peer.empty() || parsed->peer == jurisdiction;
}

// Both must be heard by the operator: a node that forgot entries must not sign again.
Status FederationService::CheckNotAhead(const rpc::CallContext& call,
                                        const pb::PullEntriesRequest& request, uint64_t held) {
  const uint64_t known = std::max(request.from_sequence(), request.checkpoint_size());
  if (known <= held) return absl::OkStatus();
  bool fresh = false;
  {
    MutexLock lock(mutex_);
    const auto [at, added] =
        alarmed_.try_emplace({call.caller.jurisdiction(), request.origin()}, held);
    fresh = added || at->second != held;
    at->second = held;
  }
  if (fresh) {
    LogError("own_channel_behind_peer", {{"peer", call.caller.jurisdiction()},
                                         {"origin", request.origin()},
                                         {"peer_knows", std::to_string(known)},
                                         {"held_here", std::to_string(held)},
                                         {"action", "check whether this node was restored"}});
  }
  // A number alone proves nothing: only what this node's own key signed does.
  ENLACE_RETURN_IF_ERROR(store::CompareShownCheckpoint(parts_.store, request.origin(),
                                                       request.checkpoint(), parts_.own_key)
                             .status());
  return Error(Reason::REQUEST_INVALID, "from_sequence or checkpoint_size is " +
                                            std::to_string(known) + ", this node holds " +
                                            std::to_string(held) + " entries of that channel");
}

StatusOr<pb::ListPeerChannelsResponse> FederationService::ListPeerChannels(
    const rpc::CallContext& call, const pb::ListPeerChannelsRequest&) {
  ENLACE_RETURN_IF_ERROR(CheckMember(call));
  const auto reader = parts_.store.Read();
  ENLACE_ASSIGN_OR_RETURN(
      const auto heads,
      store::ListChannelHeads(*reader, parts_.network + "/" + parts_.jurisdiction + "/"));
  pb::ListPeerChannelsResponse response;
  for (const store::ChannelHead& head : heads) {
    if (!head.own || !MaySee(head.origin, call.caller.jurisdiction())) continue;
    if (static_cast<size_t>(response.channels_size()) == kChannelsMax) break;
    pb::PeerChannel* channel = response.add_channels();
    channel->set_origin(head.origin);
    channel->set_checkpoint(head.checkpoint);
  }
  ENLACE_RETURN_IF_ERROR(
      AddHeld(*reader, parts_.network + "/" + call.caller.jurisdiction() + "/", response));
  return response;
}

StatusOr<pb::PullEntriesResponse> FederationService::PullEntries(
    const rpc::CallContext& call, const pb::PullEntriesRequest& request) {
  ENLACE_RETURN_IF_ERROR(CheckMember(call));
  const std::string jurisdiction = call.caller.jurisdiction();
  if (!MaySee(request.origin(), jurisdiction)) return NotFound();
  const auto reader = parts_.store.Read();
  const auto head = store::LoadChannel(*reader, request.origin());
  if (ReasonOf(head.status()) == Reason::CHANNEL_NOT_FOUND || (head.ok() && !head->own)) {
    return NotFound();
  }
  ENLACE_RETURN_IF_ERROR(head.status());
  const uint64_t size = head->range.size();
  ENLACE_RETURN_IF_ERROR(CheckNotAhead(call, request, size));

  pb::PullEntriesResponse response;
  const uint64_t wanted =
      request.limit() == 0 ? kPageEntriesDefault : std::min(request.limit(), kPageEntriesMax);
  size_t bytes = 0;
  ENLACE_RETURN_IF_ERROR(store::ScanEntries(
      *reader, head->origin, request.from_sequence(),
      std::min(size, request.from_sequence() + wanted), [&](const store::StoredEntry& stored) {
        channel_pb::Entry entry = ToEntry(stored, jurisdiction);
        bytes += entry.ByteSizeLong();
        if (bytes > kPageBytesMax && response.entries_size() > 0) return false;
        *response.add_entries() = std::move(entry);
        return !call.cancelled();
      }));
  const uint64_t end = request.from_sequence() + static_cast<uint64_t>(response.entries_size());
  response.set_checkpoint(head->checkpoint);
  ENLACE_ASSIGN_OR_RETURN(const auto proof,
                          store::StoredConsistencyProof(*reader, head->origin, end, size));
  AddProof(proof, *response.mutable_consistency_proof());
  ENLACE_ASSIGN_OR_RETURN(
      const auto growth,
      store::StoredConsistencyProof(*reader, head->origin, request.checkpoint_size(), size));
  AddProof(growth, *response.mutable_checkpoint_proof());
  return response;
}

}  // namespace enlace::service
