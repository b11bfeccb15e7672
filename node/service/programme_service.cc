#include "node/service/programme_service.h"

#include <algorithm>

#include <fmt/format.h>

#include "node/crypto/hash.h"
#include "node/model/names.h"
#include "node/service/caller.h"
#include "node/service/commit.h"
#include "node/store/audit_table.h"
#include "node/views/programme_check.h"

namespace enlace::service {
namespace {

namespace pb = exchange::v1;
using channel::v1::Programme;
using views::CatalogueEntry;

Status NotFound() {
  return Error(Reason::PROGRAMME_NOT_FOUND,
               "there is no such programme, or it has not reached this node");
}

std::string Etag(const CatalogueEntry& entry) {
  const Hash hash = crypto::Sha256(entry.programme.SerializeAsString());
  return fmt::format("{}-{}{}", entry.programme.revision(), entry.withdrawn ? "w" : "",
                     HexEncode(AsView(hash).substr(0, 8)));
}

pb::CatalogueProgramme ToProto(const CatalogueEntry& entry) {
  pb::CatalogueProgramme out;
  *out.mutable_programme() = entry.programme;
  out.set_withdrawn(entry.withdrawn);
  out.set_etag(Etag(entry));
  out.set_channel(entry.channel);
  out.set_sequence(entry.sequence);
  out.set_audience(entry.audience);
  return out;
}

template <typename Numbers>
bool Contains(const Numbers& numbers, uint32_t wanted) {
  return wanted == 0 || std::find(numbers.begin(), numbers.end(), wanted) != numbers.end();
}

// Partners see what the whole network sees; an audience of jurisdictions does not mean them.
bool MaySee(const rpc::CallContext& call, const CatalogueEntry& entry) {
  return !IsPartnerOnly(call) || entry.audience == model::Audience::Network().ToString();
}

bool Matches(const CatalogueEntry& entry, const pb::ListProgrammesRequest& request) {
  const Programme& programme = entry.programme;
  const auto& languages = programme.languages();
  return !entry.withdrawn && Contains(programme.topics(), request.topic()) &&
         Contains(programme.audiences(), request.audience()) &&
         (request.language().empty() ||
          std::find(languages.begin(), languages.end(), request.language()) != languages.end());
}

Status CheckFilters(const pb::ListProgrammesRequest& request, const codes::Registry& registry) {
  const auto known = [&registry](std::string_view list, uint32_t number) {
    return number == 0 || registry.Get(list).Find(number) != nullptr;
  };
  if (!known("training_topic", request.topic())) {
    return InvalidFields(
        {{"topic", "expected a code of list training_topic", Reason::CODE_UNKNOWN}});
  }
  if (!known("training_audience", request.audience())) {
    return InvalidFields(
        {{"audience", "expected a code of list training_audience", Reason::CODE_UNKNOWN}});
  }
  if (!request.jurisdiction().empty() && !model::IsJurisdiction(request.jurisdiction())) {
    return InvalidFields(
        {{"jurisdiction", "expected three capital letters", Reason::NAME_INVALID}});
  }
  return absl::OkStatus();
}

}  // namespace

void ProgrammeService::Register(rpc::HandlerTable& table) {
  ENLACE_REGISTER(table, "enlace.exchange.v1.ProgrammeService", CreateProgramme, *this,
                  pb::CreateProgrammeRequest, pb::CatalogueProgramme);
  ENLACE_REGISTER(table, "enlace.exchange.v1.ProgrammeService", UpdateProgramme, *this,
                  pb::UpdateProgrammeRequest, pb::CatalogueProgramme);
  ENLACE_REGISTER(table, "enlace.exchange.v1.ProgrammeService", WithdrawProgramme, *this,
                  pb::WithdrawProgrammeRequest, pb::CatalogueProgramme);
  ENLACE_REGISTER(table, "enlace.exchange.v1.ProgrammeService", GetProgramme, *this,
                  pb::GetProgrammeRequest, pb::CatalogueProgramme);
  ENLACE_REGISTER(table, "enlace.exchange.v1.ProgrammeService", ListProgrammes, *this,
                  pb::ListProgrammesRequest, pb::ListProgrammesResponse);
}

std::string ProgrammeService::Origin() const {
  return model::ChannelOrigin{parts_.network, parts_.jurisdiction, "training", ""}.ToString();
}

StatusOr<CatalogueEntry> ProgrammeService::LoadOwn(const store::Reader& reader,
                                                   const std::string& name) const {
  ENLACE_ASSIGN_OR_RETURN(const auto parsed, model::ResourceName::Parse(name, "programmes"));
  if (parsed.jurisdiction != parts_.jurisdiction) return NotFound();
  ENLACE_ASSIGN_OR_RETURN(const auto row, store::LoadProgramme(reader, name));
  if (!row.has_value()) return NotFound();
  CatalogueEntry entry{{}, row->withdrawn, Origin(), row->sequence, row->audience};
  if (!entry.programme.ParseFromString(row->programme)) {
    return Error(Reason::STORE_CORRUPT,
                 "a row of table programme does not decode; run enlaced verify");
  }
  return entry;
}

StatusOr<CatalogueEntry> ProgrammeService::LoadToChange(const store::Reader& reader,
                                                        const std::string& name,
                                                        const std::string& etag) const {
  ENLACE_ASSIGN_OR_RETURN(CatalogueEntry entry, LoadOwn(reader, name));
  if (entry.withdrawn) {
    return Error(Reason::PROGRAMME_WITHDRAWN, "the programme was withdrawn; make a new one");
  }
  if (etag != Etag(entry)) {
    return Error(Reason::ETAG_MISMATCH, "the programme changed since it was read; read it again");
  }
  return entry;
}

Status ProgrammeService::Publish(store::Transaction& transaction, const std::string& kind,
                                 const std::string& payload, CatalogueEntry& entry) const {
  ENLACE_ASSIGN_OR_RETURN(const auto audience, model::Audience::Parse(entry.audience));
  entry.channel = Origin();
  ENLACE_ASSIGN_OR_RETURN(
      entry.sequence,
      store::AppendEntries(transaction, entry.channel,
                           {{kind, entry.programme.name(), audience, payload}}, parts_.keys));
  store::PutProgramme(
      transaction, entry.programme.name(),
      {entry.programme.SerializeAsString(), entry.withdrawn, entry.audience, entry.sequence});
  return absl::OkStatus();
}

StatusOr<pb::CatalogueProgramme> ProgrammeService::CreateProgramme(
    const rpc::CallContext& call, const pb::CreateProgrammeRequest& request) {
  ENLACE_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  if (!model::IsResourceId(request.programme_id())) {
    return InvalidFields(
        {{"programme_id", "expected small letters, digits and hyphens", Reason::NAME_INVALID}});
  }
  if (!request.programme().name().empty() || request.programme().revision() != 0) {
    return InvalidFields(
        {{"programme.name", "name and revision are made by the node", Reason::REQUEST_INVALID}});
  }
  ENLACE_RETURN_IF_ERROR(views::CheckProgramme(request.programme(), parts_.registry));
  ENLACE_ASSIGN_OR_RETURN(const auto audience, model::Audience::Parse(request.audience()));
  if (audience.ToString().empty()) {
    return InvalidFields(
        {{"audience", "expected network, or alpha-3 codes separated by commas; nobody is not meant",
          Reason::REQUEST_INVALID}});
  }
  CatalogueEntry fresh;
  fresh.programme = request.programme();
  views::Canonicalize(fresh.programme);
  fresh.programme.set_name(
      model::ResourceName{parts_.jurisdiction, "programmes", request.programme_id()}.ToString());
  fresh.programme.set_revision(1);
  fresh.audience = audience.ToString();
  const Hash hash = crypto::Sha256(fresh.programme.SerializeAsString() + '\0' + fresh.audience);
  const std::string caller = call.caller.Name();
  CatalogueEntry entry;
  const auto work = [&](store::Transaction& transaction) -> Status {
    const std::string& name = fresh.programme.name();
    ENLACE_ASSIGN_OR_RETURN(const auto earlier, store::FindRequest(transaction, caller, call.method,
                                                                   request.request_id(), hash));
    if (earlier.has_value()) {
      ENLACE_ASSIGN_OR_RETURN(entry, LoadOwn(transaction, *earlier));
      return absl::OkStatus();
    }
    ENLACE_ASSIGN_OR_RETURN(const auto taken, store::LoadProgramme(transaction, name));
    if (taken.has_value()) {
      return Error(Reason::ETAG_MISMATCH,
                   "a programme of this id exists; update it, or choose another id");
    }
    entry = fresh;
    ENLACE_RETURN_IF_ERROR(
        Publish(transaction, "training.programme", entry.programme.SerializeAsString(), entry));
    store::PutRequest(transaction, caller, call.method, request.request_id(), hash, name);
    return AuditCommit(transaction, call, name);
  };
  ENLACE_RETURN_IF_ERROR(parts_.store.Write(work));
  return ToProto(entry);
}

StatusOr<pb::CatalogueProgramme> ProgrammeService::UpdateProgramme(
    const rpc::CallContext& call, const pb::UpdateProgrammeRequest& request) {
  ENLACE_RETURN_IF_ERROR(views::CheckProgramme(request.programme(), parts_.registry));
  CatalogueEntry entry;
  const auto work = [&](store::Transaction& transaction) -> Status {
    ENLACE_ASSIGN_OR_RETURN(entry,
                            LoadToChange(transaction, request.programme().name(), request.etag()));
    const uint32_t revision = entry.programme.revision() + 1;
    entry.programme = request.programme();
    views::Canonicalize(entry.programme);
    entry.programme.set_revision(revision);
    ENLACE_RETURN_IF_ERROR(
        Publish(transaction, "training.programme", entry.programme.SerializeAsString(), entry));
    return AuditCommit(transaction, call, entry.programme.name());
  };
  ENLACE_RETURN_IF_ERROR(parts_.store.Write(work));
  return ToProto(entry);
}

StatusOr<pb::CatalogueProgramme> ProgrammeService::WithdrawProgramme(
    const rpc::CallContext& call, const pb::WithdrawProgrammeRequest& request) {
  if (!parts_.registry.Get("withdrawal_reason").Has(request.reason(), parts_.registry.version())) {
    return InvalidFields(
        {{"reason", "expected a code of list withdrawal_reason", Reason::CODE_UNKNOWN}});
  }
  CatalogueEntry entry;
  const auto work = [&](store::Transaction& transaction) -> Status {
    ENLACE_ASSIGN_OR_RETURN(entry, LoadToChange(transaction, request.name(), request.etag()));
    channel::v1::ProgrammeWithdrawal payload;
    payload.set_name(entry.programme.name());
    payload.set_revision(entry.programme.revision());
    payload.set_reason(request.reason());
    entry.withdrawn = true;
    ENLACE_RETURN_IF_ERROR(
        Publish(transaction, "training.withdrawal", payload.SerializeAsString(), entry));
    return AuditCommit(transaction, call, entry.programme.name());
  };
  ENLACE_RETURN_IF_ERROR(parts_.store.Write(work, store::WriteClass::kReserved));
  return ToProto(entry);
}

StatusOr<pb::CatalogueProgramme> ProgrammeService::GetProgramme(
    const rpc::CallContext& call, const pb::GetProgrammeRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(const auto name,
                          model::ResourceName::Parse(request.name(), "programmes"));
  const auto reader = parts_.store.Read();
  if (name.jurisdiction == parts_.jurisdiction) {
    ENLACE_ASSIGN_OR_RETURN(const CatalogueEntry own, LoadOwn(*reader, request.name()));
    if (!MaySee(call, own)) return NotFound();
    return ToProto(own);
  }
  ENLACE_ASSIGN_OR_RETURN(const auto channels,
                          views::HeldChannels(*reader, parts_.network, "training"));
  for (const views::ChannelAt& channel : channels) {
    ENLACE_ASSIGN_OR_RETURN(const auto state, parts_.catalogue.At(*reader, channel));
    const auto found = state->programmes.find(request.name());
    if (found == state->programmes.end()) continue;
    if (!MaySee(call, found->second)) return NotFound();
    return ToProto(found->second);
  }
  return NotFound();
}

StatusOr<pb::ListProgrammesResponse> ProgrammeService::ListProgrammes(
    const rpc::CallContext& call, const pb::ListProgrammesRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(const size_t size, PageSize(request.page_size()));
  ENLACE_RETURN_IF_ERROR(CheckFilters(request, parts_.registry));
  ENLACE_ASSIGN_OR_RETURN(const std::string cursor,
                          parts_.page_tokens.Open(call, request, request.page_token()));
  const auto reader = parts_.store.Read();
  ENLACE_ASSIGN_OR_RETURN(const auto channels,
                          views::HeldChannels(*reader, parts_.network, "training"));
  pb::ListProgrammesResponse response;
  size_t bytes = 0;
  // Channels are ordered by jurisdiction and so are names: the listing is in name order.
  for (const views::ChannelAt& channel : channels) {
    ENLACE_ASSIGN_OR_RETURN(const auto state, parts_.catalogue.At(*reader, channel));
    if (!request.jurisdiction().empty() && state->jurisdiction != request.jurisdiction()) continue;
    for (auto it = state->programmes.upper_bound(cursor); it != state->programmes.end(); ++it) {
      if (!MaySee(call, it->second) || !Matches(it->second, request)) continue;
      pb::CatalogueProgramme item = ToProto(it->second);
      bytes += item.ByteSizeLong();
      if (static_cast<size_t>(response.programmes_size()) == size ||
          (bytes > kPageBytesMax && response.programmes_size() > 0)) {
        const std::string& last =
            response.programmes(response.programmes_size() - 1).programme().name();
        response.set_next_page_token(parts_.page_tokens.Seal(call, request, last));
        return response;
      }
      *response.add_programmes() = std::move(item);
    }
  }
  return response;
}

}  // namespace enlace::service
