#include "node/service/channel_service.h"

#include <algorithm>
#include <array>

#include "node/model/names.h"
#include "node/service/caller.h"
#include "node/store/stoppable_reader.h"

namespace enlace::service {
namespace {

namespace pb = enlace::exchange::v1;

constexpr std::array<std::string_view, 5> kKnownKinds = {
    "directory.card", "training.programme", "training.withdrawal", "statistics.release",
    "statistics.withdrawal"};

bool IsUnderstood(const channel::Header& header) {
  return header.schema_version == channel::kHeaderVersion &&
         std::find(kKnownKinds.begin(), kKnownKinds.end(), header.kind) != kKnownKinds.end();
}

std::string StateText(const store::StoredEntry& entry) {
  switch (entry.state) {
    case store::PayloadState::kWithheld:
      return "withheld";
    case store::PayloadState::kErased:
      return "erased";
    case store::PayloadState::kPresent:
      break;
  }
  return IsUnderstood(entry.header) ? "present" : "not understood";
}

// Of a version that is not understood only the hash can be told.
pb::ChannelEntry ToEntry(const store::StoredEntry& stored) {
  pb::ChannelEntry entry;
  entry.set_sequence(stored.sequence);
  const Hash hash = channel::LeafHash(stored.header.raw);
  entry.set_leaf_hash(std::string(AsView(hash)));
  entry.set_payload_state(StateText(stored));
  if (stored.header.schema_version != channel::kHeaderVersion) return entry;
  entry.set_kind(stored.header.kind);
  entry.set_audience(stored.header.audience);
  entry.set_coarse_time(stored.header.coarse_time);
  return entry;
}

Status NotFound() {
  return Error(Reason::CHANNEL_NOT_FOUND,
               "this node holds no such channel, or the caller may not see it");
}

bool MaySee(const rpc::CallContext& call, const std::string& origin) {
  if (!IsPartnerOnly(call)) return true;
  const auto parsed = model::ChannelOrigin::Parse(origin);
  return parsed.ok() && parsed->peer.empty();
}

}  // namespace

void ChannelService::Register(rpc::HandlerTable& table) {
  ENLACE_REGISTER(table, "enlace.exchange.v1.ChannelService", ListChannels, *this,
                  pb::ListChannelsRequest, pb::ListChannelsResponse);
  ENLACE_REGISTER(table, "enlace.exchange.v1.ChannelService", GetChannel, *this,
                  pb::GetChannelRequest, pb::Channel);
  ENLACE_REGISTER(table, "enlace.exchange.v1.ChannelService", ListChannelEntries, *this,
                  pb::ListChannelEntriesRequest, pb::ListChannelEntriesResponse);
  ENLACE_REGISTER(table, "enlace.exchange.v1.ChannelService", VerifyChannel, *this,
                  pb::VerifyChannelRequest, pb::VerifyChannelResponse);
}

pb::Channel ChannelService::ToChannel(const store::ChannelHead& head) const {
  pb::Channel channel;
  channel.set_origin(head.origin);
  channel.set_own(head.own);
  channel.set_size(head.range.size());
  channel.set_checkpoint(head.checkpoint);
  channel.set_last_pull_time_ms(head.last_pull_time_ms);
  channel.set_stopped(head.stopped());
  if (channel.stopped()) {
    channel.set_trouble(std::string(ReasonName(Reason::CHANNEL_STOPPED)));
  } else if (!head.own) {
    channel.set_trouble(parts_.trouble_of(head.origin));
  }
  return channel;
}

StatusOr<store::ChannelHead> ChannelService::Load(const rpc::CallContext& call,
                                                  const store::Reader& reader,
                                                  const std::string& origin) const {
  if (!MaySee(call, origin)) return NotFound();
  auto head = store::LoadChannel(reader, origin);
  if (ReasonOf(head.status()) == Reason::CHANNEL_NOT_FOUND) return NotFound();
  return head;
}

StatusOr<pb::ListChannelsResponse> ChannelService::ListChannels(const rpc::CallContext& call,
                                                                const pb::ListChannelsRequest&) {
  ENLACE_ASSIGN_OR_RETURN(const auto heads, store::ListChannelHeads(*parts_.store.Read()));
  pb::ListChannelsResponse response;
  for (const store::ChannelHead& head : heads) {
    if (MaySee(call, head.origin)) *response.add_channels() = ToChannel(head);
  }
  return response;
}

StatusOr<pb::Channel> ChannelService::GetChannel(const rpc::CallContext& call,
                                                 const pb::GetChannelRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(const auto head, Load(call, *parts_.store.Read(), request.origin()));
  return ToChannel(head);
}

StatusOr<pb::ListChannelEntriesResponse> ChannelService::ListChannelEntries(
    const rpc::CallContext& call, const pb::ListChannelEntriesRequest& request) {
  if (request.page_size() < 0) {
    return InvalidFields({{"page_size", "must not be negative", Reason::REQUEST_INVALID}});
  }
  ENLACE_ASSIGN_OR_RETURN(const std::string cursor,
                          parts_.tokens.Open(call, request, request.page_token()));
  const auto reader = parts_.store.Read();
  ENLACE_ASSIGN_OR_RETURN(const auto head, Load(call, *reader, request.origin()));
  const uint64_t first = cursor.empty() ? 0 : ReadU64(cursor);
  const auto wanted = static_cast<uint64_t>(
      request.page_size() == 0 ? kPageSizeDefault : std::min(request.page_size(), kPageSizeMax));
  const uint64_t limit = std::min(head.range.size(), first + wanted);
  pb::ListChannelEntriesResponse response;
  ENLACE_RETURN_IF_ERROR(
      store::ScanEntries(*reader, head.origin, first, limit, [&](const store::StoredEntry& entry) {
        *response.add_entries() = ToEntry(entry);
        return !call.cancelled();
      }));
  if (limit < head.range.size()) {
    std::string next;
    AppendU64(next, limit);
    response.set_next_page_token(parts_.tokens.Seal(call, request, next));
  }
  return response;
}

StatusOr<pb::VerifyChannelResponse> ChannelService::VerifyChannel(
    const rpc::CallContext& call, const pb::VerifyChannelRequest& request) {
  const store::StoppableReader reader(parts_.store.Read(), call.cancelled);
  ENLACE_ASSIGN_OR_RETURN(const auto head, Load(call, reader, request.origin()));
  const auto key = parts_.key_of(head.origin);
  if (!key.has_value()) {
    return Error(Reason::PEER_UNKNOWN, "no key of this channel's owner is configured");
  }
  ENLACE_ASSIGN_OR_RETURN(const auto verified,
                          store::VerifyStoredChannel(reader, head.origin, *key));
  pb::VerifyChannelResponse response;
  response.set_entries_checked(verified.entries);
  response.set_payloads_checked(verified.payloads);
  response.set_root(std::string(AsView(verified.root)));
  response.set_stopped(head.stopped());
  return response;
}

}  // namespace enlace::service
