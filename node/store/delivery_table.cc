#include "node/store/delivery_table.h"

#include <fmt/format.h>

#include "enlace/storage/v1/records.pb.h"
#include "node/base/bytes.h"
#include "node/base/check.h"
#include "node/store/row_codec.h"

namespace enlace::store {
namespace {

namespace pb = enlace::storage::v1;

std::string BatchKey(const BatchId& batch) { return fmt::format("{}/{}", batch.entity, batch.id); }

std::string RowPrefix(const BatchId& batch) { return BatchKey(batch) + "/"; }

std::string RowKey(const BatchId& batch, uint64_t row) {
  std::string key = RowPrefix(batch);
  AppendU64(key, row);
  return key;
}

}  // namespace

uint64_t BatchAccount::Count(RowOutcome outcome) const {
  const auto found = outcomes.find(outcome);
  return found == outcomes.end() ? 0 : found->second;
}

uint64_t BatchAccount::NotOurs() const {
  uint64_t sum = 0;
  for (const auto& [part, count] : not_ours) sum += count;
  return sum;
}

StatusOr<std::optional<BatchAccount>> LoadBatch(const Reader& reader, const BatchId& batch) {
  ENLACE_ASSIGN_OR_RETURN(const auto bytes, reader.Get(Table::kBatch, BatchKey(batch)));
  if (!bytes.has_value()) return std::optional<BatchAccount>();
  pb::StoredBatch row;
  ENLACE_RETURN_IF_ERROR(ParseRow(*bytes, "batch", row));
  BatchAccount account;
  account.format = row.format();
  account.subject = static_cast<BatchSubject>(row.subject());
  for (const auto& [outcome, count] : row.outcomes()) {
    account.outcomes[static_cast<RowOutcome>(outcome)] = count;
  }
  for (const auto& [part, count] : row.not_ours()) account.not_ours[part] = count;
  return std::optional<BatchAccount>(std::move(account));
}

StatusOr<BatchAccount> OpenBatch(const Reader& reader, const BatchId& batch,
                                 std::string_view format, BatchSubject subject) {
  ENLACE_ASSIGN_OR_RETURN(auto account, LoadBatch(reader, batch));
  if (!account.has_value()) {
    BatchAccount fresh;
    fresh.format = std::string(format);
    fresh.subject = subject;
    return fresh;
  }
  if (account->format != format || account->subject != subject) {
    return Error(Reason::BATCH_CONFLICT,
                 "this batch id was used for a delivery of another format; one file is one batch");
  }
  return *std::move(account);
}

void PutBatch(Transaction& transaction, const BatchId& batch, const BatchAccount& account) {
  pb::StoredBatch row;
  row.set_format(account.format);
  row.set_subject(static_cast<uint32_t>(account.subject));
  for (const auto& [outcome, count] : account.outcomes) {
    (*row.mutable_outcomes())[static_cast<uint32_t>(outcome)] = count;
  }
  for (const auto& [part, count] : account.not_ours) (*row.mutable_not_ours())[part] = count;
  transaction.Put(Table::kBatch, BatchKey(batch), SerializeRow(row));
}

Status CountNotOurs(BatchAccount& account, PartRows rows, uint64_t not_ours) {
  ENLACE_CHECK(rows.first <= rows.last);
  account.not_ours.erase(account.not_ours.lower_bound(rows.first),
                         account.not_ours.upper_bound(rows.last));
  if (not_ours == 0) return absl::OkStatus();
  if (account.not_ours.size() >= kBatchPartsMax) {
    return Error(Reason::BATCH_TOO_LARGE,
                 fmt::format("a delivery has at most {} parts with rows of another jurisdiction; "
                             "send larger parts",
                             kBatchPartsMax));
  }
  account.not_ours[rows.first] = not_ours;
  return absl::OkStatus();
}

StatusOr<std::optional<BatchRow>> LoadBatchRow(const Reader& reader, const BatchId& batch,
                                               uint64_t row) {
  ENLACE_ASSIGN_OR_RETURN(const auto bytes, reader.Get(Table::kBatchRow, RowKey(batch, row)));
  if (!bytes.has_value()) return std::optional<BatchRow>();
  pb::StoredBatchRow stored;
  ENLACE_RETURN_IF_ERROR(ParseRow(*bytes, "batch_row", stored));
  return std::optional<BatchRow>({static_cast<RowOutcome>(stored.outcome()), stored.content_hash(),
                                  stored.subject(), stored.reason(), stored.field()});
}

void PutBatchRow(Transaction& transaction, const BatchId& batch, uint64_t row,
                 const std::optional<BatchRow>& before, const BatchRow& after,
                 BatchAccount& account) {
  pb::StoredBatchRow stored;
  stored.set_outcome(static_cast<uint32_t>(after.outcome));
  stored.set_content_hash(after.content_hash);
  stored.set_subject(after.subject);
  stored.set_reason(after.reason);
  stored.set_field(after.field);
  const std::string key = RowKey(batch, row);
  transaction.Put(Table::kBatchRow, key, SerializeRow(stored));

  if (before.has_value()) {
    uint64_t& count = account.outcomes[before->outcome];
    ENLACE_CHECK(count > 0);
    if (--count == 0) account.outcomes.erase(before->outcome);
  }
  ++account.outcomes[after.outcome];

  if (after.outcome == RowOutcome::kQuarantined) {
    transaction.Put(Table::kQuarantine, key, after.field + '\0' + after.reason);
  } else if (before.has_value() && before->outcome == RowOutcome::kQuarantined) {
    transaction.Delete(Table::kQuarantine, key);
  }
}

StatusOr<std::vector<QuarantineRow>> ListQuarantine(const Reader& reader, const BatchId& batch,
                                                    size_t rows_max) {
  std::vector<QuarantineRow> rows;
  const std::string prefix = RowPrefix(batch);
  bool corrupt = false;
  ENLACE_RETURN_IF_ERROR(
      reader.Scan(Table::kQuarantine, kv::PrefixRange(prefix),
                  [&](std::string_view key, std::string_view value) {
                    if (rows.size() == rows_max) return false;
                    const size_t nul = value.find('\0');
                    corrupt = key.size() != prefix.size() + 8 || nul == std::string_view::npos;
                    if (corrupt) return false;
                    rows.push_back({ReadU64(key, prefix.size()), std::string(value.substr(0, nul)),
                                    std::string(value.substr(nul + 1))});
                    return true;
                  }));
  if (corrupt) {
    return Error(Reason::STORE_CORRUPT,
                 "a row of table quarantine does not decode; run enlaced verify");
  }
  return rows;
}

}  // namespace enlace::store
