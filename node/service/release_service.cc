#include "node/service/release_service.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "node/channel/entry.h"
#include "node/crypto/hash.h"
#include "node/model/names.h"
#include "node/release/case_counts.h"
#include "node/release/content.h"
#include "node/release/official_table.h"
#include "node/service/caller.h"
#include "node/service/commit.h"
#include "node/service/year_check.h"
#include "node/store/audit_table.h"
#include "node/store/observation_table.h"

namespace enlace::service {
namespace {

namespace pb = exchange::v1;
using channel::v1::ReleaseContent;
using store::ReleaseRow;
using store::ReleaseState;

// The part of a payload that is not content: hashes, fingerprints and a date.
constexpr size_t kReleaseOverheadMax = 1024;

Status NotFound() {
  return Error(Reason::RELEASE_NOT_FOUND, "there is no such release on this node");
}

Status WrongState(std::string_view needed) {
  return Error(Reason::RELEASE_STATE,
               fmt::format("this step needs a release that is {}; read it again", needed));
}

// Preparing and deciding is for people at the network door, where each proves a key of
// their own. The admin socket proves none.
Status RequirePerson(const rpc::CallContext& call) {
  if (call.caller.door == authz::Door::kNetwork &&
      call.caller.identity.id.kind == trust::SpiffeId::Kind::kPerson) {
    return absl::OkStatus();
  }
  return Error(Reason::PERMISSION_DENIED,
               "releases are made and decided by people; call with a person's certificate");
}

Status CheckYears(const pb::PrepareReleaseRequest& request) {
  const auto known = [](uint32_t year) {
    return year == 0 || (year >= release::kReleaseYearMin && year <= release::kReleaseYearMax);
  };
  if (!known(request.year_from()) || !known(request.year_to())) {
    return InvalidFields({{known(request.year_from()) ? "year_to" : "year_from",
                           fmt::format("expected 0 or a year from {} to {}",
                                       release::kReleaseYearMin, release::kReleaseYearMax),
                           Reason::REQUEST_INVALID}});
  }
  if (request.year_to() == 0 || request.year_from() <= request.year_to()) return absl::OkStatus();
  return InvalidFields(
      {{"year_to", "expected a year that is not before year_from", Reason::REQUEST_INVALID}});
}

Status CheckYearsHaveBegun(const pb::PrepareReleaseRequest& request, int64_t now_ms) {
  ENLACE_RETURN_IF_ERROR(
      CheckYearHasBegun(request.year_from(), now_ms, "year_from", Reason::REQUEST_INVALID));
  return CheckYearHasBegun(request.year_to(), now_ms, "year_to", Reason::REQUEST_INVALID);
}

Status CheckSource(const pb::PrepareReleaseRequest& request) {
  if (request.source() == pb::PrepareReleaseRequest::CASE_RECORDS) return absl::OkStatus();
  if (request.source() != pb::PrepareReleaseRequest::OBSERVATIONS) {
    return InvalidFields(
        {{"source", "expected OBSERVATIONS or CASE_RECORDS", Reason::REQUEST_INVALID}});
  }
  if (request.entity().empty() && !request.entities_apart()) return absl::OkStatus();
  return InvalidFields({{request.entity().empty() ? "entities_apart" : "entity",
                         "expected for case records only", Reason::REQUEST_INVALID}});
}

// Persons known to two agencies may be the same, so their records are not added unless a
// person who knows says that they are not.
Status CheckEntities(const pb::PrepareReleaseRequest& request,
                     const std::vector<std::string>& entities) {
  if (entities.size() > release::kReleaseEntitiesMax) {
    return Error(Reason::REQUEST_TOO_LARGE,
                 fmt::format("one release takes the records of at most {} entities",
                             release::kReleaseEntitiesMax));
  }
  if (entities.size() < 2 || request.entities_apart()) return absl::OkStatus();
  return InvalidFields(
      {{"entity",
        fmt::format("expected one of {}: the same person may be in the records of several "
                    "entities; set entities_apart where that is known not to be so",
                    fmt::join(entities, ", ")),
        Reason::REQUEST_INVALID}});
}

bool InYears(const pb::PrepareReleaseRequest& request, uint32_t year) {
  return year >= request.year_from() && (request.year_to() == 0 || year <= request.year_to());
}

std::string RequestBytes(const pb::PrepareReleaseRequest& request) {
  std::string bytes;
  AppendU32(bytes, static_cast<uint32_t>(request.source()));
  AppendU32(bytes, request.year_from());
  AppendU32(bytes, request.year_to());
  AppendU32(bytes, request.threshold());
  AppendU32(bytes, request.zero_is_small() ? 1 : 0);
  bytes += request.supersedes() + '\0' + request.request_id();
  if (request.entity().empty() && !request.entities_apart()) return bytes;
  return bytes + '\0' + request.entity() + '\0' + (request.entities_apart() ? '1' : '0');
}

StatusOr<pb::ReleaseView> ToView(const ReleaseRow& row, bool with_figures) {
  ENLACE_ASSIGN_OR_RETURN(auto content, release::ParseContent(row.content));
  pb::ReleaseView view;
  view.set_name(row.name);
  view.set_state(static_cast<pb::ReleaseView::State>(row.state));
  view.set_content_hash(std::string(AsView(release::ContentHash(row.content))));
  view.set_preparer(row.preparer);
  view.set_approver(row.approver);
  view.set_released_on(row.released_on);
  view.set_sequence(row.sequence);
  view.set_suppressed_primary(row.suppressed_primary);
  view.set_suppressed_complementary(row.suppressed_complementary);
  const auto count = [&content](channel::v1::FigureStatus status) {
    return static_cast<uint64_t>(
        std::count_if(content.figures().begin(), content.figures().end(),
                      [status](const auto& figure) { return figure.status() == status; }));
  };
  view.set_figures_with_value(count(channel::v1::VALUE));
  view.set_suppressed_by_source(count(channel::v1::SUPPRESSED_BY_SOURCE));
  view.set_in_conflict(count(channel::v1::IN_CONFLICT));
  for (const std::string& warning : row.warnings) view.add_warnings(warning);
  if (!with_figures) content.clear_figures();
  *view.mutable_content() = std::move(content);
  return view;
}

// What is known of a release before the new one: its figures are out in the world.
// `which` is "the replaced release" or the like.
std::vector<std::string> WarnOfEarlier(const ReleaseContent& old, const ReleaseContent& fresh,
                                       std::string_view which) {
  std::vector<std::string> warnings;
  std::map<model::FigureKey, channel::v1::Figure> before;
  for (const auto& figure : old.figures()) before[release::KeyOf(figure)] = figure;
  uint64_t hidden_now = 0;
  uint64_t shown_now = 0;
  uint64_t changed_little = 0;
  for (const auto& figure : fresh.figures()) {
    const auto found = before.find(release::KeyOf(figure));
    if (found == before.end()) continue;
    const bool was_shown = found->second.status() == channel::v1::VALUE;
    const bool is_shown = figure.status() == channel::v1::VALUE;
    hidden_now += was_shown && figure.status() == channel::v1::SUPPRESSED ? 1 : 0;
    shown_now += !was_shown && is_shown ? 1 : 0;
    if (!was_shown || !is_shown) continue;
    const uint64_t change = std::max(found->second.value(), figure.value()) -
                            std::min(found->second.value(), figure.value());
    changed_little += change > 0 && change < fresh.threshold() ? 1 : 0;
  }
  if (hidden_now > 0) {
    warnings.push_back(fmt::format(
        "{} figures are hidden now that {} shows: who kept it knows them.", hidden_now, which));
  }
  if (shown_now > 0) {
    warnings.push_back(fmt::format(
        "{} figures are shown now that {} hides: with it, others that stay "
        "hidden may be computed. The audit of linked tables is not part of this version.",
        shown_now, which));
  }
  if (changed_little > 0) {
    warnings.push_back(
        fmt::format("{} figures differ from those of {} by less than the threshold of {}: the "
                    "difference counts so few persons, as a hidden figure would.",
                    changed_little, which, fresh.threshold()));
  }
  return warnings;
}

std::vector<std::string> WarnOfReplacing(const ReleaseContent& old, const ReleaseContent& fresh) {
  auto warnings = WarnOfEarlier(old, fresh, "the replaced release");
  if (old.year_from() < fresh.year_from() || old.year_to() > fresh.year_to()) {
    warnings.push_back(
        "The replaced release covers years that this one does not: they are "
        "taken back.");
  }
  return warnings;
}

bool IsDemo(const std::string& network) {
  return network == "demo" || network.starts_with("demo-");
}

}  // namespace

void ReleaseService::Register(rpc::HandlerTable& table) {
  ENLACE_REGISTER(table, "enlace.exchange.v1.ReleaseService", PrepareRelease, *this,
                  pb::PrepareReleaseRequest, pb::ReleaseView);
  ENLACE_REGISTER(table, "enlace.exchange.v1.ReleaseService", GetRelease, *this,
                  pb::GetReleaseRequest, pb::ReleaseView);
  ENLACE_REGISTER(table, "enlace.exchange.v1.ReleaseService", ListReleases, *this,
                  pb::ListReleasesRequest, pb::ListReleasesResponse);
  ENLACE_REGISTER(table, "enlace.exchange.v1.ReleaseService", ApproveRelease, *this,
                  pb::ApproveReleaseRequest, pb::ReleaseView);
  ENLACE_REGISTER(table, "enlace.exchange.v1.ReleaseService", PublishRelease, *this,
                  pb::PublishReleaseRequest, pb::ReleaseView);
  ENLACE_REGISTER(table, "enlace.exchange.v1.ReleaseService", WithdrawRelease, *this,
                  pb::WithdrawReleaseRequest, pb::ReleaseView);
}

std::string ReleaseService::Origin() const {
  return model::ChannelOrigin{parts_.network, parts_.jurisdiction, "statistics", ""}.ToString();
}

StatusOr<ReleaseRow> ReleaseService::Load(const store::Reader& reader,
                                          const std::string& name) const {
  ENLACE_ASSIGN_OR_RETURN(const auto parsed, model::ResourceName::Parse(name, "releases"));
  if (parsed.jurisdiction != parts_.jurisdiction) return NotFound();
  ENLACE_ASSIGN_OR_RETURN(auto row, store::LoadRelease(reader, name));
  if (!row.has_value()) return NotFound();
  return *std::move(row);
}

StatusOr<std::vector<ReleaseService::Known>> ReleaseService::Ledger(
    const store::Reader& reader) const {
  std::vector<Known> ledger;
  Status parsed;
  ENLACE_RETURN_IF_ERROR(
      store::ScanReleases(reader, "", [&](std::string_view, const ReleaseRow& row) {
        const bool in_force =
            row.state == ReleaseState::kApproved || row.state == ReleaseState::kPublished;
        // A release that was taken back before its publication never left the node.
        if (!in_force && row.released_on.empty()) return true;
        auto content = release::ParseContent(row.content);
        parsed = content.status();
        if (!content.ok()) return false;
        ledger.push_back({{row.name, static_cast<release::Source>(row.source), content->year_from(),
                           content->year_to(), in_force},
                          *std::move(content)});
        return true;
      }));
  ENLACE_RETURN_IF_ERROR(parsed);
  return ledger;
}

StatusOr<std::vector<std::string>> ReleaseService::CheckPopulation(
    const store::Reader& reader, const ReleaseRow& row, const ReleaseContent& content) const {
  ENLACE_ASSIGN_OR_RETURN(const std::vector<Known> ledger, Ledger(reader));
  std::vector<release::LedgerEntry> entries;
  for (const Known& known : ledger) entries.push_back(known.entry);
  const release::LedgerEntry wanted{row.name, static_cast<release::Source>(row.source),
                                    content.year_from(), content.year_to()};
  ENLACE_RETURN_IF_ERROR(release::CheckLedger(entries, wanted, content.supersedes()));
  std::vector<std::string> warnings;
  for (const Known& known : ledger) {
    if (known.entry.in_force || !release::YearsOverlap(known.entry, wanted)) continue;
    warnings.push_back(
        fmt::format("{} was published for years of this release and taken back: who kept it can "
                    "compare the two.",
                    known.entry.name));
    for (auto& warning : WarnOfEarlier(known.content, content, known.entry.name)) {
      warnings.push_back(std::move(warning));
    }
  }
  return warnings;
}

StatusOr<ReleaseService::Collected> ReleaseService::Collect(
    const store::Reader& reader, const pb::PrepareReleaseRequest& request) const {
  if (request.source() == pb::PrepareReleaseRequest::CASE_RECORDS) {
    return CollectCases(reader, request);
  }
  Collected collected;
  ENLACE_RETURN_IF_ERROR(store::ScanFigures(reader, "", [&](const model::Observation& observation) {
    if (InYears(request, observation.key.year)) collected.figures.push_back(observation);
    return collected.figures.size() <= release::kTableFiguresMax;
  }));
  return collected;
}

StatusOr<ReleaseService::Collected> ReleaseService::CollectCases(
    const store::Reader& reader, const pb::PrepareReleaseRequest& request) const {
  // Revisions come in commit order, so the last one of each record stands at the end.
  std::map<std::string, model::CaseRecord> records;
  ENLACE_RETURN_IF_ERROR(store::ScanCaseRevisions(reader, [&](const model::CaseRecord& record) {
    const bool counts = record.state == model::CaseState::kActive &&
                        InYears(request, record.content.registration_year) &&
                        (request.entity().empty() || record.entity == request.entity());
    if (counts) {
      records[record.reference] = record;
    } else {
      records.erase(record.reference);
    }
    return true;
  }));
  std::vector<model::CaseContent> contents;
  contents.reserve(records.size());
  std::set<std::string> entities;
  bool left_out = false;
  for (auto& [unused, record] : records) {
    if (!release::IsIdentifiedVictim(record.content, parts_.registry)) {
      left_out = true;
      continue;
    }
    entities.insert(record.entity);
    contents.push_back(std::move(record.content));
  }
  Collected collected;
  collected.entities = {entities.begin(), entities.end()};
  ENLACE_RETURN_IF_ERROR(CheckEntities(request, collected.entities));
  auto counts = release::CountCases(contents, parts_.registry, "case-records",
                                    {request.year_from(), request.year_to()});
  collected.figures = std::move(counts.figures);
  if (left_out) {
    collected.warnings.push_back(
        "Records of presumed victims, and of persons whose status the agency does not know, are "
        "not counted: they are never added to identified victims.");
  }
  if (entities.size() > 1) {
    collected.warnings.push_back(
        fmt::format("Records of {} are counted together, since no person is said to be in the "
                    "records of two of them.",
                    fmt::join(collected.entities, ", ")));
  }
  if (!counts.years_without.empty()) {
    collected.warnings.push_back(
        fmt::format("There is no such record of {}: each figure goes out as 0.",
                    fmt::join(counts.years_without, ", ")));
  }
  return collected;
}

StatusOr<ReleaseRow> ReleaseService::Make(const rpc::CallContext& call,
                                          const pb::PrepareReleaseRequest& request) const {
  const auto reader = parts_.store.Read();
  ENLACE_ASSIGN_OR_RETURN(auto collected, Collect(*reader, request));
  if (collected.figures.empty()) {
    return Error(Reason::RELEASE_EMPTY, "there are no figures for this source and these years");
  }
  release::TableOptions options;
  options.threshold = request.threshold() == 0 ? parts_.threshold : request.threshold();
  options.zero_is_small = request.zero_is_small();
  const bool cases = request.source() == pb::PrepareReleaseRequest::CASE_RECORDS;
  options.forms_overlap = cases;
  ENLACE_ASSIGN_OR_RETURN(auto table,
                          release::MakeOfficialTable(collected.figures, options, parts_.registry));
  ReleaseContent content;
  content.set_name(
      model::ResourceName{parts_.jurisdiction, "releases", HexEncode(parts_.random(16))}
          .ToString());
  content.set_jurisdiction(parts_.jurisdiction);
  content.set_codelist_version(parts_.registry.version());
  content.set_method(channel::v1::METHOD_OFFICIAL_TABLE);
  content.set_threshold(options.threshold);
  content.set_zero_is_small(options.zero_is_small);
  content.set_year_from(request.year_from() == 0 ? table.figures.front().key.year
                                                 : request.year_from());
  content.set_year_to(request.year_to() == 0 ? table.figures.back().key.year : request.year_to());
  const codes::Code* basis =
      parts_.registry.Get("counting_basis").FindId(cases ? "case_records" : "persons_official");
  if (basis != nullptr) content.set_counting_basis(basis->number);
  for (const std::string& entity : collected.entities) content.add_entities(entity);
  content.set_supersedes(request.supersedes());
  release::SetFigures(table, content);

  ReleaseRow row;
  row.name = content.name();
  row.content = release::ContentBytes(content);
  if (row.content.size() + kReleaseOverheadMax > channel::kPayloadBytesMax) {
    const uint32_t middle = content.year_from() + (content.year_to() - content.year_from()) / 2;
    return Error(Reason::REQUEST_TOO_LARGE,
                 fmt::format("the figures of {} to {} do not fit one channel entry: prepare {} to "
                             "{} and {} to {} as two releases",
                             content.year_from(), content.year_to(), content.year_from(), middle,
                             middle + 1, content.year_to()));
  }
  row.preparer = call.caller.Name();
  row.preparer_fingerprint = call.caller.identity.key_fingerprint;
  row.suppressed_primary = table.primary;
  row.suppressed_complementary = table.complementary;
  row.warnings = std::move(collected.warnings);
  row.warnings.insert(row.warnings.end(), table.warnings.begin(), table.warnings.end());
  row.source = static_cast<uint32_t>(request.source());
  return row;
}

StatusOr<pb::ReleaseView> ReleaseService::PrepareRelease(const rpc::CallContext& call,
                                                         const pb::PrepareReleaseRequest& request) {
  ENLACE_RETURN_IF_ERROR(RequirePerson(call));
  ENLACE_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  ENLACE_RETURN_IF_ERROR(CheckYears(request));
  ENLACE_RETURN_IF_ERROR(CheckSource(request));
  if (request.threshold() != 0 && request.threshold() < parts_.threshold) {
    return InvalidFields({{"threshold", fmt::format("expected 0 or at least {}", parts_.threshold),
                           Reason::REQUEST_INVALID}});
  }
  if (!request.supersedes().empty()) {
    ENLACE_RETURN_IF_ERROR(model::ResourceName::Parse(request.supersedes(), "releases").status());
  }
  const Hash hash = crypto::Sha256(RequestBytes(request));
  const std::string caller = call.caller.Name();
  ENLACE_ASSIGN_OR_RETURN(
      auto earlier,
      store::FindRequest(*parts_.store.Read(), caller, call.method, request.request_id(), hash));
  ReleaseRow row;
  if (!earlier.has_value()) {
    ENLACE_RETURN_IF_ERROR(Try(parts_.store, [&](store::Transaction& transaction) {
      return CheckYearsHaveBegun(request, transaction.now_ms());
    }));
    // The work is done outside the writer thread, on one snapshot.
    ENLACE_ASSIGN_OR_RETURN(row, Make(call, request));
  }
  const std::vector<std::string> own_warnings = row.warnings;
  const auto work = [&](store::Transaction& transaction) -> Status {
    ENLACE_ASSIGN_OR_RETURN(
        earlier, store::FindRequest(transaction, caller, call.method, request.request_id(), hash));
    if (earlier.has_value()) {
      ENLACE_ASSIGN_OR_RETURN(row, Load(transaction, *earlier));
      return absl::OkStatus();
    }
    ENLACE_ASSIGN_OR_RETURN(const auto content, release::ParseContent(row.content));
    row.warnings = own_warnings;
    if (!content.supersedes().empty()) {
      ENLACE_ASSIGN_OR_RETURN(const ReleaseRow old, Load(transaction, content.supersedes()));
      if (old.state != ReleaseState::kPublished) return WrongState("published, to be superseded");
      ENLACE_ASSIGN_OR_RETURN(const auto old_content, release::ParseContent(old.content));
      for (auto& warning : WarnOfReplacing(old_content, content)) row.warnings.push_back(warning);
    }
    ENLACE_ASSIGN_OR_RETURN(const auto earlier_warnings,
                            CheckPopulation(transaction, row, content));
    row.warnings.insert(row.warnings.end(), earlier_warnings.begin(), earlier_warnings.end());
    store::AddRelease(transaction, row);
    store::PutRequest(transaction, caller, call.method, request.request_id(), hash, row.name);
    return AuditCommit(transaction, call, row.name);
  };
  ENLACE_RETURN_IF_ERROR(parts_.store.Write(work));
  return ToView(row, true);
}

StatusOr<pb::ReleaseView> ReleaseService::GetRelease(const rpc::CallContext&,
                                                     const pb::GetReleaseRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(const ReleaseRow row, Load(*parts_.store.Read(), request.name()));
  return ToView(row, true);
}

StatusOr<pb::ListReleasesResponse> ReleaseService::ListReleases(
    const rpc::CallContext& call, const pb::ListReleasesRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(const size_t size, PageSize(request.page_size()));
  ENLACE_ASSIGN_OR_RETURN(const std::string cursor,
                          parts_.page_tokens.Open(call, request, request.page_token()));
  pb::ListReleasesResponse response;
  Status converted;
  std::string last;
  bool more = false;
  const auto reader = parts_.store.Read();
  ENLACE_RETURN_IF_ERROR(
      store::ScanReleases(*reader, cursor, [&](std::string_view key, const ReleaseRow& row) {
        more = static_cast<size_t>(response.releases_size()) == size;
        if (more) return false;
        auto view = ToView(row, false);
        converted = view.status();
        if (!view.ok()) return false;
        *response.add_releases() = *std::move(view);
        last = std::string(key);
        return true;
      }));
  ENLACE_RETURN_IF_ERROR(converted);
  if (more) response.set_next_page_token(parts_.page_tokens.Seal(call, request, last));
  return response;
}

StatusOr<pb::ReleaseView> ReleaseService::ApproveRelease(const rpc::CallContext& call,
                                                         const pb::ApproveReleaseRequest& request) {
  ENLACE_RETURN_IF_ERROR(RequirePerson(call));
  ReleaseRow row;
  const auto work = [&](store::Transaction& transaction) -> Status {
    ENLACE_ASSIGN_OR_RETURN(row, Load(transaction, request.name()));
    const bool same_bytes = request.content_hash() == AsView(release::ContentHash(row.content));
    if (row.state == ReleaseState::kApproved && row.approver == call.caller.Name() && same_bytes) {
      return absl::OkStatus();
    }
    if (row.state != ReleaseState::kPrepared) return WrongState("prepared");
    if (row.preparer == call.caller.Name() ||
        row.preparer_fingerprint == call.caller.identity.key_fingerprint) {
      return Error(Reason::RELEASE_SAME_PERSON,
                   "a release is approved by another person with another key than the one "
                   "that prepared it");
    }
    if (!same_bytes) {
      return Error(Reason::RELEASE_PREVIEW_CHANGED,
                   "the hash is not that of the prepared content; read the release again");
    }
    ENLACE_ASSIGN_OR_RETURN(const auto content, release::ParseContent(row.content));
    ENLACE_ASSIGN_OR_RETURN(const auto warnings, CheckPopulation(transaction, row, content));
    for (const std::string& warning : warnings) {
      if (std::find(row.warnings.begin(), row.warnings.end(), warning) != row.warnings.end()) {
        continue;
      }
      return Error(Reason::RELEASE_METHOD_TAKEN,
                   "a release of these years was published or taken back after this one was "
                   "prepared: prepare it anew, so that its warnings are complete");
    }
    row.state = ReleaseState::kApproved;
    row.approver = call.caller.Name();
    row.approver_fingerprint = call.caller.identity.key_fingerprint;
    ENLACE_RETURN_IF_ERROR(store::ReplaceRelease(transaction, row));
    return AuditCommit(transaction, call, row.name);
  };
  ENLACE_RETURN_IF_ERROR(parts_.store.Write(work));
  return ToView(row, true);
}

Status ReleaseService::Publish(store::Transaction& transaction, ReleaseRow& row) const {
  ENLACE_ASSIGN_OR_RETURN(const auto content, release::ParseContent(row.content));
  ENLACE_RETURN_IF_ERROR(CheckPopulation(transaction, row, content).status());
  if (!content.supersedes().empty()) {
    ENLACE_ASSIGN_OR_RETURN(ReleaseRow old, Load(transaction, content.supersedes()));
    if (old.state != ReleaseState::kPublished) return WrongState("published, to be superseded");
    old.state = ReleaseState::kSuperseded;
    ENLACE_RETURN_IF_ERROR(store::ReplaceRelease(transaction, old));
  }
  row.released_on = FormatDate(transaction.now_ms());
  channel::v1::Release payload;
  payload.set_content(row.content);
  payload.set_content_hash(std::string(AsView(release::ContentHash(row.content))));
  payload.set_preparer_fingerprint(std::string(AsView(row.preparer_fingerprint)));
  payload.set_approver_fingerprint(std::string(AsView(row.approver_fingerprint)));
  payload.set_released_on(row.released_on);
  ENLACE_ASSIGN_OR_RETURN(row.sequence, store::AppendEntries(transaction, Origin(),
                                                             {{"statistics.release", row.name,
                                                               model::Audience::Network(),
                                                               payload.SerializeAsString()}},
                                                             parts_.keys));
  row.state = ReleaseState::kPublished;
  return store::ReplaceRelease(transaction, row);
}

StatusOr<pb::ReleaseView> ReleaseService::PublishRelease(const rpc::CallContext& call,
                                                         const pb::PublishReleaseRequest& request) {
  ENLACE_RETURN_IF_ERROR(RequirePerson(call));
  if (!IsDemo(parts_.network)) {
    return Error(Reason::RELEASE_NETWORK_REFUSED,
                 "releases are published on demo networks only: the audit of linked tables, "
                 "which shows that several releases do not give away together what each hides, "
                 "is not part of this version");
  }
  ReleaseRow row;
  const auto work = [&](store::Transaction& transaction) -> Status {
    ENLACE_ASSIGN_OR_RETURN(row, Load(transaction, request.name()));
    if (row.state == ReleaseState::kPublished) return absl::OkStatus();
    if (row.state != ReleaseState::kApproved) return WrongState("approved");
    ENLACE_RETURN_IF_ERROR(Publish(transaction, row));
    return AuditCommit(transaction, call, row.name);
  };
  ENLACE_RETURN_IF_ERROR(parts_.store.Write(work));
  return ToView(row, true);
}

StatusOr<pb::ReleaseView> ReleaseService::WithdrawRelease(
    const rpc::CallContext& call, const pb::WithdrawReleaseRequest& request) {
  ENLACE_RETURN_IF_ERROR(RequirePerson(call));
  if (!parts_.registry.Get("withdrawal_reason").Has(request.reason(), parts_.registry.version())) {
    return InvalidFields(
        {{"reason", "expected a code of list withdrawal_reason", Reason::CODE_UNKNOWN}});
  }
  ReleaseRow row;
  const auto work = [&](store::Transaction& transaction) -> Status {
    ENLACE_ASSIGN_OR_RETURN(row, Load(transaction, request.name()));
    if (row.state == ReleaseState::kWithdrawn) return absl::OkStatus();
    if (row.state == ReleaseState::kSuperseded) return WrongState("not superseded");
    if (row.state == ReleaseState::kPublished) {
      channel::v1::ReleaseWithdrawal payload;
      payload.set_name(row.name);
      payload.set_reason(request.reason());
      payload.set_withdrawn_on(FormatDate(transaction.now_ms()));
      ENLACE_RETURN_IF_ERROR(
          store::AppendEntries(transaction, Origin(),
                               {{"statistics.withdrawal", row.name, model::Audience::Network(),
                                 payload.SerializeAsString()}},
                               parts_.keys)
              .status());
    }
    row.state = ReleaseState::kWithdrawn;
    ENLACE_RETURN_IF_ERROR(store::ReplaceRelease(transaction, row));
    return AuditCommit(transaction, call, row.name);
  };
  ENLACE_RETURN_IF_ERROR(parts_.store.Write(work, store::WriteClass::kReserved));
  return ToView(row, true);
}

}  // namespace enlace::service
