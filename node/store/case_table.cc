#include "node/store/case_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "node/base/bytes.h"
#include "node/base/check.h"
#include "node/crypto/hash.h"
#include "node/model/case_wire.h"
#include "node/store/case_lookup.h"
#include "node/store/case_row.h"

namespace enlace::store {
namespace {

using model::CaseContent;
using model::CaseRecord;
using model::CaseState;

constexpr size_t kRowHashBytes = 16;

std::string RevisionKey(Transaction& transaction) {
  std::string key;
  AppendU64(key, transaction.commit_sequence());
  AppendU32(key, transaction.NextIndex());
  return key;
}

std::string Encode(const StoredCase& revision) {
  const CaseRecord& record = revision.record;
  const std::string content =
      record.state == CaseState::kErased ? "" : model::ContentWire(record.content);
  CaseRowView row;
  if (revision.nonce.empty()) row.reference = record.reference;
  row.entity = record.entity;
  row.content = content;
  row.salt = revision.salt;
  row.nonce = revision.nonce;
  row.state = record.state;
  row.revision = record.revision;
  row.reason = record.reason;
  row.create_time_ms = record.create_time_ms;
  row.update_time_ms = record.update_time_ms;
  return EncodeCaseRow(row);
}

// `key` and `reference` are known of the row, and `first_key` of its record.
StatusOr<StoredCase> Decode(std::string_view bytes, std::string_view key,
                            std::string_view first_key, std::string_view reference) {
  std::string converted;
  ENLACE_ASSIGN_OR_RETURN(const CaseRowView row, ParseCaseRow(bytes, converted));
  StoredCase revision;
  ENLACE_RETURN_IF_ERROR(ReadCaseView(ViewOf(key, reference, row), revision.record));
  revision.key = key;
  revision.first_key = first_key;
  revision.nonce = row.nonce;
  revision.salt = row.salt;
  return revision;
}

Status NotFound() {
  return Error(Reason::CASE_NOT_FOUND, "there is no such record, or the caller may not see it");
}

// All revisions of a record.
struct Revisions {
  CaseLookup::First first;
  std::vector<std::string> later_keys;
};
// CASE_NOT_FOUND.
StatusOr<Revisions> FindRevisions(CaseLookup& lookup, std::string_view reference) {
  ENLACE_ASSIGN_OR_RETURN(auto first, lookup.FindFirst(reference));
  if (!first.has_value()) return NotFound();
  ENLACE_ASSIGN_OR_RETURN(auto later, lookup.LaterKeys(reference));
  return Revisions{*std::move(first), std::move(later)};
}

StatusOr<StoredCase> LoadLater(const CaseLookup& lookup, std::string_view key,
                               std::string_view first_key, std::string_view reference) {
  ENLACE_ASSIGN_OR_RETURN(const std::string bytes, lookup.Row(key));
  return Decode(bytes, key, first_key, reference);
}

// Oldest first. CASE_NOT_FOUND.
StatusOr<std::vector<StoredCase>> LoadRevisions(const Reader& reader, std::string_view reference) {
  ENLACE_ASSIGN_OR_RETURN(CaseLookup lookup, CaseLookup::Open(reader));
  ENLACE_ASSIGN_OR_RETURN(const Revisions found, FindRevisions(lookup, reference));
  std::vector<StoredCase> revisions;
  ENLACE_ASSIGN_OR_RETURN(StoredCase first,
                          Decode(found.first.bytes, found.first.key, found.first.key, reference));
  revisions.push_back(std::move(first));
  for (const std::string& key : found.later_keys) {
    ENLACE_ASSIGN_OR_RETURN(StoredCase later, LoadLater(lookup, key, found.first.key, reference));
    revisions.push_back(std::move(later));
  }
  return revisions;
}

// A revision from the second on.
void Insert(Transaction& transaction, StoredCase& revision) {
  revision.key = RevisionKey(transaction);
  transaction.Put(Table::kCaseRevision, revision.key, Encode(revision));
  transaction.Put(Table::kCaseByReference,
                  CaseIndexKey(revision.record.reference, revision.record.revision), revision.key);
}

std::string RowHash(std::string_view salt, std::string_view canonical,
                    std::string_view source_hash) {
  std::string bytes;
  AppendU32(bytes, static_cast<uint32_t>(source_hash.size()));
  bytes += source_hash;
  bytes += canonical;
  return std::string(AsView(crypto::HmacSha256(salt, bytes)).substr(0, kRowHashBytes));
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
void MakeNext(const Transaction& transaction, uint32_t reason, StoredCase& revision) {
  CaseRecord& record = revision.record;
  ++record.revision;
  record.reason = reason;
  record.update_time_ms = std::max(record.update_time_ms, transaction.now_ms());
  revision.nonce.clear();  // The row names its reference.
}

}  // namespace

StatusOr<StoredCase> LoadStoredCase(const Reader& reader, std::string_view reference) {
  ENLACE_ASSIGN_OR_RETURN(CaseLookup lookup, CaseLookup::Open(reader));
  ENLACE_ASSIGN_OR_RETURN(const auto first, lookup.FindFirst(reference));
  if (!first.has_value()) return NotFound();
  ENLACE_ASSIGN_OR_RETURN(const bool has_later, lookup.HasLater(reference));
  if (!has_later) return Decode(first->bytes, first->key, first->key, reference);
  ENLACE_ASSIGN_OR_RETURN(const auto later, lookup.LaterKeys(reference));
  ENLACE_CHECK(!later.empty());
  return LoadLater(lookup, later.back(), first->key, reference);
}

StatusOr<StoredCase> LoadCaseRevision(const Reader& reader, std::string_view key) {
  ENLACE_ASSIGN_OR_RETURN(CaseLookup lookup, CaseLookup::Open(reader));
  ENLACE_ASSIGN_OR_RETURN(const std::string bytes, lookup.Row(key));
  std::string converted;
  ENLACE_ASSIGN_OR_RETURN(const CaseRowView row, ParseCaseRow(bytes, converted));
  ENLACE_ASSIGN_OR_RETURN(const std::string reference, lookup.ReferenceOf(key, row));
  if (row.revision == 1) return Decode(bytes, key, key, reference);
  ENLACE_ASSIGN_OR_RETURN(const auto first, lookup.FindFirst(reference));
  if (!first.has_value()) {
    return Error(Reason::STORE_CORRUPT, "a record lacks its first revision; run enlaced verify");
  }
  return Decode(bytes, key, first->key, reference);
}

StatusOr<CaseRecord> LoadCase(const Reader& reader, std::string_view reference) {
  ENLACE_ASSIGN_OR_RETURN(StoredCase last, LoadStoredCase(reader, reference));
  return std::move(last.record);
}

StatusOr<CaseRecord> LoadCaseAsOf(const Reader& reader, std::string_view reference,
                                  int64_t as_of_ms) {
  ENLACE_ASSIGN_OR_RETURN(CaseLookup lookup, CaseLookup::Open(reader));
  ENLACE_ASSIGN_OR_RETURN(const Revisions found, FindRevisions(lookup, reference));
  // Newest first: most questions are about the recent past.
  for (auto key = found.later_keys.rbegin(); key != found.later_keys.rend(); ++key) {
    ENLACE_ASSIGN_OR_RETURN(StoredCase later, LoadLater(lookup, *key, found.first.key, reference));
    if (later.record.update_time_ms <= as_of_ms) return std::move(later.record);
  }
  ENLACE_ASSIGN_OR_RETURN(StoredCase first,
                          Decode(found.first.bytes, found.first.key, found.first.key, reference));
  if (first.record.update_time_ms <= as_of_ms) return std::move(first.record);
  return NotFound();
}

StatusOr<std::vector<CaseRecord>> LoadCaseHistory(const Reader& reader,
                                                  std::string_view reference) {
  ENLACE_ASSIGN_OR_RETURN(auto revisions, LoadRevisions(reader, reference));
  std::vector<CaseRecord> history;
  history.reserve(revisions.size());
  for (StoredCase& revision : revisions) history.push_back(std::move(revision.record));
  return history;
}

StatusOr<CaseAdder> CaseAdder::Open(Transaction& transaction, std::string_view entity,
                                    const RandomSource& random) {
  ENLACE_ASSIGN_OR_RETURN(auto references, CaseReferences::LoadOrMake(transaction, random));
  return CaseAdder(transaction, entity, std::move(references), random(kNonceBytes));
}

StatusOr<CaseAdder::Added> CaseAdder::Add(std::string_view content) {
  CaseRowView row;
  row.entity = entity_;
  row.content = content;
  row.nonce = nonce_;
  row.revision = 1;
  row.create_time_ms = transaction_.now_ms();
  row.update_time_ms = transaction_.now_ms();
  std::string key = RevisionKey(transaction_);
  auto reference = references_.Reference(key, nonce_);
  if (!reference.has_value()) {
    return Error(Reason::STORE_LIMIT, "one write has too many new records; split it");
  }
  transaction_.Put(Table::kCaseRevision, key, EncodeCaseRow(row));
  return Added{std::move(key), *std::move(reference)};
}

StatusOr<CaseRecord> AddCase(Transaction& transaction, std::string_view entity,
                             const CaseContent& content, const RandomSource& random) {
  ENLACE_ASSIGN_OR_RETURN(CaseAdder adder, CaseAdder::Open(transaction, entity, random));
  ENLACE_ASSIGN_OR_RETURN(auto added, adder.Add(model::ContentWire(content)));
  CaseRecord record;
  record.reference = std::move(added.reference);
  record.entity = entity;
  record.content = content;
  record.create_time_ms = transaction.now_ms();
  record.update_time_ms = transaction.now_ms();
  return record;
}

StatusOr<StoredCase> ReplaceCase(Transaction& transaction, StoredCase current,
                                 const CaseContent& content, uint32_t reason) {
  ENLACE_RETURN_IF_ERROR(CheckActive(current.record));
  if (current.record.revision >= kCaseRevisionsMax) {
    return Error(Reason::STORE_LIMIT,
                 fmt::format("a record has at most {} revisions; withdraw it and create a new one",
                             kCaseRevisionsMax));
  }
  MakeNext(transaction, reason, current);
  current.record.content = content;
  Insert(transaction, current);
  return current;
}

StatusOr<CaseRecord> CorrectCase(Transaction& transaction, std::string_view reference,
                                 const CaseContent& content, uint32_t reason) {
  ENLACE_ASSIGN_OR_RETURN(StoredCase current, LoadStoredCase(transaction, reference));
  ENLACE_ASSIGN_OR_RETURN(StoredCase next,
                          ReplaceCase(transaction, std::move(current), content, reason));
  return std::move(next.record);
}

StatusOr<CaseRecord> WithdrawCase(Transaction& transaction, std::string_view reference,
                                  uint32_t reason) {
  ENLACE_ASSIGN_OR_RETURN(StoredCase revision, LoadStoredCase(transaction, reference));
  ENLACE_RETURN_IF_ERROR(CheckActive(revision.record));
  MakeNext(transaction, reason, revision);
  revision.record.state = CaseState::kWithdrawn;
  Insert(transaction, revision);
  return std::move(revision.record);
}

StatusOr<CaseRecord> EraseCase(Transaction& transaction, std::string_view reference,
                               uint32_t reason) {
  ENLACE_ASSIGN_OR_RETURN(auto revisions, LoadRevisions(transaction, reference));
  if (revisions.back().record.state == CaseState::kErased) {
    return std::move(revisions.back().record);
  }
  for (StoredCase& revision : revisions) {
#ifdef ENLACE_BREAK_HALF_ERASE
    if (revision.record.revision == 1 && revisions.size() > 1) continue;
#endif
    revision.record.content = CaseContent();
    revision.record.content.codelist_version = 0;
    revision.record.state = CaseState::kErased;
    revision.record.reason = 0;
    revision.salt.clear();
    transaction.Put(Table::kCaseRevision, revision.key, Encode(revision));
  }
  StoredCase& last = revisions.back();
  MakeNext(transaction, reason, last);
  Insert(transaction, last);
  return std::move(last.record);
}

StatusOr<std::string> CaseRowHash(const Reader& reader, std::string_view reference,
                                  const CaseContent& content, std::string_view source_hash) {
  ENLACE_ASSIGN_OR_RETURN(const StoredCase last, LoadStoredCase(reader, reference));
  if (last.record.state == CaseState::kErased) return std::string();
  return RowHash(last.salt, model::CanonicalBytes(content), source_hash);
}

}  // namespace enlace::store
