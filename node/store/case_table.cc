#include "node/store/case_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "enlace/storage/v1/records.pb.h"
#include "node/base/check.h"
#include "node/crypto/hash.h"
#include "node/store/row_codec.h"

namespace enlace::store {
namespace {

namespace pb = enlace::storage::v1;
using model::CaseContent;
using model::CaseRecord;
using model::CaseState;

constexpr size_t kSaltBytes = 16;
constexpr size_t kEntityKeyBytes = 32;
constexpr size_t kShortHashBytes = 16;
constexpr uint32_t kFirstRevision = 1;

// A row as it is stored: the record and the salt that its batch rows are hashed with.
struct Revision {
  CaseRecord record;
  std::string salt;
};

std::string RevisionKey(Transaction& transaction) {
  std::string key;
  AppendU64(key, transaction.commit_sequence());
  AppendU32(key, transaction.NextIndex());
  return key;
}

std::string IndexKey(std::string_view reference, uint32_t revision) {
  std::string key(reference);
  AppendU32(key, revision);
  return key;
}

std::string SourceKeyKey(std::string_view entity, std::string_view source_hash) {
  return fmt::format("{}/{}", entity, source_hash);
}

std::string Encode(const Revision& revision) {
  const CaseRecord& record = revision.record;
  pb::StoredCaseRevision row;
  row.set_reference(record.reference);
  row.set_entity(record.entity);
  row.set_codelist_version(record.content.codelist_version);
  row.set_registration_year(record.content.registration_year);
  row.set_registration_quarter(record.content.registration_quarter);
  for (const auto& [attribute, value] : record.content.singles) {
    auto& single = *row.add_singles();
    single.set_attribute(attribute);
    single.set_code(value.code);
    single.set_missing(static_cast<uint32_t>(value.missing));
  }
  for (const auto& [attribute, value] : record.content.sets) {
    auto& set = *row.add_sets();
    set.set_attribute(attribute);
    set.set_affirmed(value.affirmed);
    set.set_denied(value.denied);
    set.set_rest(static_cast<uint32_t>(value.rest));
  }
  row.set_state(static_cast<uint32_t>(record.state));
  row.set_revision(record.revision);
  row.set_create_time_ms(record.create_time_ms);
  row.set_update_time_ms(record.update_time_ms);
  row.set_reason(record.reason);
  row.set_salt(revision.salt);
  return SerializeRow(row);
}

StatusOr<Revision> Decode(std::string_view bytes) {
  pb::StoredCaseRevision row;
  ENLACE_RETURN_IF_ERROR(ParseRow(bytes, "case_revision", row));
  Revision revision;
  CaseRecord& record = revision.record;
  record.reference = row.reference();
  record.entity = row.entity();
  record.content.codelist_version = row.codelist_version();
  record.content.registration_year = row.registration_year();
  record.content.registration_quarter = row.registration_quarter();
  for (const auto& single : row.singles()) {
    record.content.singles[single.attribute()] = {single.code(),
                                                  static_cast<model::Missing>(single.missing())};
  }
  for (const auto& set : row.sets()) {
    record.content.sets[set.attribute()] = {set.affirmed(), set.denied(),
                                            static_cast<model::Missing>(set.rest())};
  }
  record.state = static_cast<CaseState>(row.state());
  record.revision = row.revision();
  record.reason = row.reason();
  record.create_time_ms = row.create_time_ms();
  record.update_time_ms = row.update_time_ms();
  revision.salt = row.salt();
  return revision;
}

Status NotFound() {
  return Error(Reason::CASE_NOT_FOUND, "there is no such record, or the caller may not see it");
}

// Keys in kCaseRevision of all revisions, oldest first; empty when there is no record.
StatusOr<std::vector<std::string>> RevisionKeys(const Reader& reader, std::string_view reference) {
  std::vector<std::string> keys;
  if (reference.size() != kReferenceBytes) return keys;
  ENLACE_RETURN_IF_ERROR(reader.Scan(Table::kCaseByReference, kv::PrefixRange(reference),
                                     [&](std::string_view, std::string_view value) {
                                       keys.emplace_back(value);
                                       return true;
                                     }));
  return keys;
}

StatusOr<Revision> LoadRevision(const Reader& reader, std::string_view key) {
  ENLACE_ASSIGN_OR_RETURN(const auto bytes, reader.Get(Table::kCaseRevision, key));
  if (!bytes.has_value()) {
    return Error(Reason::STORE_CORRUPT,
                 "the index of case records names a row that is absent; run enlaced verify");
  }
  return Decode(*bytes);
}

// Revisions are numbered from 1 without a gap, and most records have one. Asking for two keys,
// of which a filter says that the second is not there, costs a fraction of a scan.
StatusOr<Revision> LoadLast(const Reader& reader, std::string_view reference) {
  if (reference.size() != kReferenceBytes) return NotFound();
  ENLACE_ASSIGN_OR_RETURN(const auto first,
                          reader.Get(Table::kCaseByReference, IndexKey(reference, kFirstRevision)));
  if (!first.has_value()) return NotFound();
  ENLACE_ASSIGN_OR_RETURN(const auto second, reader.Get(Table::kCaseByReference,
                                                        IndexKey(reference, kFirstRevision + 1)));
  if (!second.has_value()) return LoadRevision(reader, *first);
  ENLACE_ASSIGN_OR_RETURN(const auto keys, RevisionKeys(reader, reference));
  if (keys.empty()) return NotFound();
  return LoadRevision(reader, keys.back());
}

void Insert(Transaction& transaction, const Revision& revision) {
  const std::string key = RevisionKey(transaction);
  transaction.Put(Table::kCaseRevision, key, Encode(revision));
  transaction.Put(Table::kCaseByReference,
                  IndexKey(revision.record.reference, revision.record.revision), key);
}

// The first revision of a new record.
StatusOr<Revision> AddRevision(Transaction& transaction, std::string_view entity,
                               const CaseContent& content, const RandomSource& random) {
  Revision revision;
  revision.record.reference = random(kReferenceBytes);
  revision.record.entity = std::string(entity);
  revision.record.content = content;
  revision.record.create_time_ms = transaction.now_ms();
  revision.record.update_time_ms = transaction.now_ms();
  revision.salt = random(kSaltBytes);
  ENLACE_ASSIGN_OR_RETURN(const auto taken,
                          transaction.Get(Table::kCaseByReference,
                                          IndexKey(revision.record.reference, kFirstRevision)));
  // Two equal draws of 128 bits mean a broken generator, and another person's record.
  ENLACE_CHECK(!taken.has_value());
  Insert(transaction, revision);
  return revision;
}

std::string RowHash(std::string_view salt, std::string_view canonical,
                    std::string_view source_hash) {
  std::string bytes;
  AppendU32(bytes, static_cast<uint32_t>(source_hash.size()));
  bytes += source_hash;
  bytes += canonical;
  return std::string(AsView(crypto::HmacSha256(salt, bytes)).substr(0, kShortHashBytes));
}

Status CheckActive(const CaseRecord& record) {
  if (record.state == CaseState::kErased) {
    return Error(Reason::CASE_ERASED, "the record was erased and cannot be changed");
  }
  if (record.state == CaseState::kWithdrawn) {
    return Error(Reason::CASE_WITHDRAWN, "the record was withdrawn and cannot be changed");
  }
  return absl::OkStatus();
}

// Advances `revision` to the next one. The wall clock may jump back; the record's time
// does not, so that "as of" has one answer.
void MakeNext(const Transaction& transaction, uint32_t reason, Revision& revision) {
  CaseRecord& record = revision.record;
  ++record.revision;
  record.reason = reason;
  record.update_time_ms = std::max(record.update_time_ms, transaction.now_ms());
}

}  // namespace

StatusOr<CaseRecord> LoadCase(const Reader& reader, std::string_view reference) {
  ENLACE_ASSIGN_OR_RETURN(Revision revision, LoadLast(reader, reference));
  return std::move(revision.record);
}

StatusOr<CaseRecord> LoadCaseAsOf(const Reader& reader, std::string_view reference,
                                  int64_t as_of_ms) {
  ENLACE_ASSIGN_OR_RETURN(const auto keys, RevisionKeys(reader, reference));
  // Newest first: most questions are about the recent past.
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    ENLACE_ASSIGN_OR_RETURN(Revision revision, LoadRevision(reader, *key));
    if (revision.record.update_time_ms <= as_of_ms) return std::move(revision.record);
  }
  return NotFound();
}

StatusOr<std::vector<CaseRecord>> LoadCaseHistory(const Reader& reader,
                                                  std::string_view reference) {
  ENLACE_ASSIGN_OR_RETURN(const auto keys, RevisionKeys(reader, reference));
  if (keys.empty()) return NotFound();
  std::vector<CaseRecord> history;
  for (const std::string& key : keys) {
    ENLACE_ASSIGN_OR_RETURN(Revision revision, LoadRevision(reader, key));
    history.push_back(std::move(revision.record));
  }
  return history;
}

StatusOr<CaseRecord> AddCase(Transaction& transaction, std::string_view entity,
                             const CaseContent& content, const RandomSource& random) {
  ENLACE_ASSIGN_OR_RETURN(Revision revision, AddRevision(transaction, entity, content, random));
  return std::move(revision.record);
}

StatusOr<DeliveredCase> AddDeliveredCase(Transaction& transaction, std::string_view entity,
                                         const CaseContent& content, std::string_view canonical,
                                         std::string_view source_hash, const RandomSource& random) {
  ENLACE_ASSIGN_OR_RETURN(Revision revision, AddRevision(transaction, entity, content, random));
  std::string hash = RowHash(revision.salt, canonical, source_hash);
  return DeliveredCase{std::move(revision.record), std::move(hash)};
}

StatusOr<CaseRecord> CorrectCase(Transaction& transaction, std::string_view reference,
                                 const CaseContent& content, uint32_t reason) {
  ENLACE_ASSIGN_OR_RETURN(Revision revision, LoadLast(transaction, reference));
  ENLACE_RETURN_IF_ERROR(CheckActive(revision.record));
  if (revision.record.revision >= kCaseRevisionsMax) {
    return Error(Reason::STORE_LIMIT,
                 fmt::format("a record has at most {} revisions; withdraw it and create a new one",
                             kCaseRevisionsMax));
  }
  MakeNext(transaction, reason, revision);
  revision.record.content = content;
  Insert(transaction, revision);
  return std::move(revision.record);
}

StatusOr<CaseRecord> WithdrawCase(Transaction& transaction, std::string_view reference,
                                  uint32_t reason) {
  ENLACE_ASSIGN_OR_RETURN(Revision revision, LoadLast(transaction, reference));
  ENLACE_RETURN_IF_ERROR(CheckActive(revision.record));
  MakeNext(transaction, reason, revision);
  revision.record.state = CaseState::kWithdrawn;
  Insert(transaction, revision);
  return std::move(revision.record);
}

StatusOr<CaseRecord> EraseCase(Transaction& transaction, std::string_view reference,
                               uint32_t reason) {
  ENLACE_ASSIGN_OR_RETURN(const auto keys, RevisionKeys(transaction, reference));
  if (keys.empty()) return NotFound();
  ENLACE_ASSIGN_OR_RETURN(Revision last, LoadRevision(transaction, keys.back()));
  if (last.record.state == CaseState::kErased) return std::move(last.record);

  for (const std::string& key : keys) {
    ENLACE_ASSIGN_OR_RETURN(Revision revision, LoadRevision(transaction, key));
    revision.record.content = CaseContent();
    revision.record.content.codelist_version = 0;
    revision.record.state = CaseState::kErased;
    revision.record.reason = 0;
    revision.salt.clear();
    transaction.Put(Table::kCaseRevision, key, Encode(revision));
    last = std::move(revision);
  }
  MakeNext(transaction, reason, last);
  Insert(transaction, last);
  return std::move(last.record);
}

StatusOr<CasePage> ListCases(const Reader& reader, std::string_view entity,
                             const CaseListOptions& options) {
  // First the rows that begin a record of the entity, then their last revisions: a scan
  // must not read other tables on some engines.
  std::vector<std::pair<std::string, std::string>> firsts;  // Key, reference.
  size_t scanned = 0;
  std::string last_key;
  bool more = false;
  Status fault;
  ENLACE_RETURN_IF_ERROR(reader.Scan(
      Table::kCaseRevision, {options.cursor, ""},
      [&](std::string_view key, std::string_view value) {
        if (scanned == options.rows_scanned_max || firsts.size() == options.records_max) {
          more = true;
          last_key = std::string(key);
          return false;
        }
        ++scanned;
        const auto revision = Decode(value);
        if (!revision.ok()) {
          fault = revision.status();
          return false;
        }
        if (revision->record.revision == 1 && revision->record.entity == entity) {
          firsts.emplace_back(key, revision->record.reference);
        }
        return true;
      }));
  ENLACE_RETURN_IF_ERROR(fault);
  CasePage page;
  for (const auto& [key, reference] : firsts) {
    ENLACE_ASSIGN_OR_RETURN(CaseRecord record, LoadCase(reader, reference));
    if (options.registration_year != 0 &&
        record.content.registration_year != options.registration_year) {
      continue;
    }
    page.records.push_back(std::move(record));
  }
  if (more) page.next_cursor = last_key;
  return page;
}

Status ScanCaseRevisions(const Reader& reader,
                         const std::function<bool(const CaseRecord&)>& visit) {
  Status fault;
  ENLACE_RETURN_IF_ERROR(
      reader.Scan(Table::kCaseRevision, {}, [&](std::string_view, std::string_view value) {
        const auto revision = Decode(value);
        if (!revision.ok()) {
          fault = revision.status();
          return false;
        }
        return visit(revision->record);
      }));
  return fault;
}

StatusOr<std::string> HashSourceKey(Transaction& transaction, std::string_view entity,
                                    std::string_view source_key, const RandomSource& random) {
  ENLACE_CHECK(!source_key.empty() && source_key.size() <= kSourceKeyBytesMax);
  const std::string name = fmt::format("source-key/{}", entity);
  ENLACE_ASSIGN_OR_RETURN(auto key, transaction.Get(Table::kSecret, name));
  if (!key.has_value()) {
    key = random(kEntityKeyBytes);
    transaction.Put(Table::kSecret, name, *key);
  }
  return std::string(AsView(crypto::HmacSha256(*key, source_key)).substr(0, kShortHashBytes));
}

StatusOr<std::optional<std::string>> FindBySourceKey(const Reader& reader, std::string_view entity,
                                                     std::string_view source_hash) {
  ENLACE_ASSIGN_OR_RETURN(auto value,
                          reader.Get(Table::kCaseBySourceKey, SourceKeyKey(entity, source_hash)));
  if (value.has_value() && value->size() > kReferenceBytes) value->resize(kReferenceBytes);
  return value;
}

StatusOr<std::string> SourceKeyDelivery(const Reader& reader, std::string_view entity,
                                        std::string_view source_hash) {
  ENLACE_ASSIGN_OR_RETURN(const auto value,
                          reader.Get(Table::kCaseBySourceKey, SourceKeyKey(entity, source_hash)));
  if (!value.has_value() || value->size() <= kReferenceBytes) return std::string();
  return value->substr(kReferenceBytes);
}

void PutSourceKey(Transaction& transaction, std::string_view entity, std::string_view source_hash,
                  std::string_view reference, std::string_view delivery) {
  ENLACE_CHECK(delivery.empty() || reference.size() == kReferenceBytes);
  std::string value(reference);
  value += delivery;
  transaction.Put(Table::kCaseBySourceKey, SourceKeyKey(entity, source_hash), value);
}

StatusOr<std::string> CaseRowHash(const Reader& reader, std::string_view reference,
                                  const CaseContent& content, std::string_view source_hash) {
  ENLACE_ASSIGN_OR_RETURN(const Revision last, LoadLast(reader, reference));
  if (last.record.state == CaseState::kErased) return std::string();
  return RowHash(last.salt, model::CanonicalBytes(content), source_hash);
}

}  // namespace enlace::store
