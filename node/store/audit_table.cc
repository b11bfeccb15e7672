#include "node/store/audit_table.h"

#include <fmt/format.h>

#include <vector>

#include "enlace/storage/v1/records.pb.h"
#include "node/base/wire.h"
#include "node/crypto/hash.h"
#include "node/store/row_codec.h"

namespace enlace::store {
namespace {

namespace pb = enlace::storage::v1;

// In kMeta: hash of the last link (32) + number of links (u64). A chain that was cut at
// its end no longer leads here.
constexpr char kHeadKey[] = "audit";
constexpr size_t kHeadBytes = 40;

void SaveHead(Transaction& transaction, const AuditHead& head) {
  std::string bytes(AsView(head.last));
  AppendU64(bytes, head.records);
  transaction.Put(Table::kMeta, kHeadKey, bytes);
}

// Parts are preceded by their length, so that no two triples share a key.
std::string RequestKey(std::string_view caller, std::string_view method,
                       std::string_view request_id) {
  std::string joined;
  for (const std::string_view part : {caller, method, request_id}) {
    AppendU32(joined, static_cast<uint32_t>(part.size()));
    joined += part;
  }
  return std::string(AsView(crypto::Sha256(joined)));
}

Status BrokenLink(uint64_t number, std::string_view fault) {
  return Error(Reason::STORE_CORRUPT,
               fmt::format("the audit chain is broken at link {}: {}", number, fault),
               {{"link", std::to_string(number)}});
}

// Whether a StoredRequest is to go. Rows without age are of before it was kept, and stay. One that
// does not decode is for VerifyRows to name.
bool IsForgotten(std::string_view bytes, const Transaction& transaction) {
  int64_t time_ms = 0;
  uint64_t commit_sequence = 0;
  WireField field;
  while (!bytes.empty()) {
    if (!TakeField(bytes, field)) return false;
    if (field.type != WireType::kVarint) continue;
    if (field.number == pb::StoredRequest::kTimeMsFieldNumber) {
      time_ms = static_cast<int64_t>(field.value);
    } else if (field.number == pb::StoredRequest::kCommitSequenceFieldNumber) {
      commit_sequence = field.value;
    }
  }
  return time_ms > 0 && commit_sequence > 0 && transaction.now_ms() - time_ms > kRequestAgeMs &&
         transaction.commit_sequence() > commit_sequence + kRequestAgeCommits;
}

// Of the rows behind `key`.
void ForgetOldRequests(Transaction& transaction, const std::string& key) {
  std::vector<std::string> forgotten;
  size_t looked_at = 0;
  transaction
      .Scan(Table::kRequest, {key, ""},
            [&](std::string_view other, std::string_view value) {
              if (IsForgotten(value, transaction)) forgotten.emplace_back(other);
              return ++looked_at < kRequestsLookedAtMax;
            })
      .IgnoreError();  // A row that cannot be read has failed the store by itself.
  for (const std::string& other : forgotten) transaction.Delete(Table::kRequest, other);
}

}  // namespace

StatusOr<AuditHead> LoadAuditHead(const Reader& reader) {
  ENLACE_ASSIGN_OR_RETURN(const auto bytes, reader.Get(Table::kMeta, kHeadKey));
  if (!bytes.has_value()) return AuditHead{};
  if (bytes->size() != kHeadBytes) {
    return Error(Reason::STORE_CORRUPT, "the head of the audit chain has the wrong size");
  }
  return AuditHead{HashFromBytes(std::string_view(*bytes).substr(0, 32)), ReadU64(*bytes, 32)};
}

Status AppendAudit(Transaction& transaction, const AuditRecord& record) {
  ENLACE_ASSIGN_OR_RETURN(AuditHead head, LoadAuditHead(transaction));
  pb::StoredAudit row;
  row.set_time_ms(transaction.now_ms());
  row.set_caller(record.caller);
  row.set_method(record.method);
  row.set_resource(record.resource);
  row.set_decision(record.decision);
  row.set_request_id(record.request_id);
  row.set_previous_hash(std::string(AsView(head.last)));
  const std::string bytes = SerializeRow(row);

  std::string key;
  AppendU64(key, transaction.commit_sequence());
  AppendU32(key, transaction.NextIndex());
  transaction.Put(Table::kAudit, key, bytes);
  head.last = crypto::Sha256(bytes);
  ++head.records;
  SaveHead(transaction, head);
  return absl::OkStatus();
}

StatusOr<uint64_t> VerifyAuditChain(const Reader& reader) {
  ENLACE_ASSIGN_OR_RETURN(const AuditHead head, LoadAuditHead(reader));
  AuditHead walked;
  Status fault;
  ENLACE_RETURN_IF_ERROR(
      reader.Scan(Table::kAudit, {}, [&](std::string_view, std::string_view value) {
        pb::StoredAudit row;
        if (!ParseRow(value, "audit", row).ok()) {
          fault = BrokenLink(walked.records + 1, "the record does not decode");
        } else if (row.previous_hash() != AsView(walked.last)) {
          fault = BrokenLink(walked.records + 1, "it does not name the record before it");
        }
        walked.last = crypto::Sha256(value);
        ++walked.records;
        return fault.ok();
      }));
  ENLACE_RETURN_IF_ERROR(fault);
  if (walked.records != head.records || walked.last != head.last) {
    return BrokenLink(walked.records + 1, "records at the end are missing or foreign");
  }
  return walked.records;
}

StatusOr<std::optional<std::string>> FindRequest(const Reader& reader, std::string_view caller,
                                                 std::string_view method,
                                                 std::string_view request_id,
                                                 const Hash& request_hash) {
  if (request_id.empty()) return std::optional<std::string>();
  ENLACE_ASSIGN_OR_RETURN(const auto bytes,
                          reader.Get(Table::kRequest, RequestKey(caller, method, request_id)));
  if (!bytes.has_value()) return std::optional<std::string>();
  pb::StoredRequest row;
  ENLACE_RETURN_IF_ERROR(ParseRow(*bytes, "request", row));
  if (row.request_hash() != AsView(request_hash)) {
    return Error(Reason::REQUEST_ID_REUSED,
                 "an earlier request with this id had other content; use a new UUID for a new "
                 "request");
  }
  return std::optional<std::string>(row.resource());
}

void PutRequest(Transaction& transaction, std::string_view caller, std::string_view method,
                std::string_view request_id, const Hash& request_hash, std::string_view resource) {
  if (request_id.empty()) return;
  pb::StoredRequest row;
  row.set_request_hash(std::string(AsView(request_hash)));
  row.set_resource(std::string(resource));
  row.set_time_ms(transaction.now_ms());
  row.set_commit_sequence(transaction.commit_sequence());
  const std::string key = RequestKey(caller, method, request_id);
  if (static_cast<unsigned char>(key.front()) % kRequestsLookEvery == 0) {
    ForgetOldRequests(transaction, key);
  }
  transaction.Put(Table::kRequest, key, SerializeRow(row));
}

}  // namespace enlace::store
