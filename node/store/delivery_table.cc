#include "node/store/delivery_table.h"

#include <fmt/format.h>

#include "enlace/storage/v1/records.pb.h"
#include "node/base/bytes.h"
#include "node/base/check.h"
#include "node/store/case_reference.h"
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

// One byte longer than the key of a single row.
std::string BlockKey(const BatchId& batch, uint64_t first_row) {
  std::string key = RowKey(batch, first_row);
  key.push_back(static_cast<char>(BatchBlock::kRows));
  return key;
}

std::string RevisionOf(const BatchBlock::Row& row) {
  std::string key;
  AppendU64(key, row.commit);
  AppendU32(key, row.index);
  return key;
}

// What is known of a row in a block.
std::optional<BatchRow> FromBlock(const BatchBlock::Row& row) {
  if (row.outcome == 0) return std::nullopt;
  BatchRow out;
  out.outcome = static_cast<RowOutcome>(row.outcome);
  out.keyed = row.keyed;
  if (out.outcome != RowOutcome::kQuarantined) out.revision = RevisionOf(row);
  return out;
}

void Move(const std::optional<BatchRow>& before, RowOutcome after, BatchAccount& account) {
  if (before.has_value()) {
    uint64_t& count = account.outcomes[before->outcome];
    ENLACE_CHECK(count > 0);
    if (--count == 0) account.outcomes.erase(before->outcome);
  }
  ++account.outcomes[after];
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
  account.blocks = row.blocks();
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
    fresh.blocks = subject == BatchSubject::kCaseRecords;
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
  row.set_blocks(account.blocks);
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

StatusOr<std::optional<BatchRow>> BatchRows::Find(uint64_t row, const BatchAccount& account) {
  if (account.blocks) {
    ENLACE_ASSIGN_OR_RETURN(const Kept* kept, KeptOf(row));
    return FromBlock(kept->block.At(row));
  }
  if (row == 0 || looked_at_ != row) {
    ENLACE_ASSIGN_OR_RETURN(seen_, LoadSingle(row));
    looked_at_ = row;
  }
  return seen_;
}

Status BatchRows::Put(uint64_t row, const BatchRow& became, BatchAccount& account) {
  ENLACE_ASSIGN_OR_RETURN(const auto before, Find(row, account));
  if (account.blocks) {
    ENLACE_ASSIGN_OR_RETURN(Kept * kept, KeptOf(row));
    kept->changed = true;
    BatchBlock::Row& out = kept->block.At(row);
    out = {static_cast<uint8_t>(became.outcome), became.keyed, 0, 0};
    if (became.outcome != RowOutcome::kQuarantined) {
      ENLACE_CHECK(became.revision.size() == kRevisionKeyBytes);
      out.commit = ReadU64(became.revision);
      out.index = ReadU32(became.revision, 8);
    }
  } else {
    PutSingle(row, became);
  }
  Move(before, became.outcome, account);
  if (became.outcome == RowOutcome::kQuarantined) {
    transaction_.Put(Table::kQuarantine, RowKey(batch_, row), became.field + '\0' + became.reason);
  } else if (before.has_value() && before->outcome == RowOutcome::kQuarantined) {
    transaction_.Delete(Table::kQuarantine, RowKey(batch_, row));
  }
  return absl::OkStatus();
}

void BatchRows::Flush() {
  for (auto& [first_row, kept] : blocks_) {
    if (!kept.changed) continue;
    transaction_.Put(Table::kBatchRow, BlockKey(batch_, first_row), kept.block.Encode());
    kept.changed = false;
  }
}

StatusOr<BatchRows::Kept*> BatchRows::KeptOf(uint64_t row) {
  const uint64_t first_row = BatchBlock::FirstRow(row);
  const auto found = blocks_.find(first_row);
  if (found != blocks_.end()) return &found->second;
  ENLACE_ASSIGN_OR_RETURN(const auto bytes,
                          transaction_.Get(Table::kBatchRow, BlockKey(batch_, first_row)));
  Kept kept;
  if (bytes.has_value()) {
    ENLACE_ASSIGN_OR_RETURN(kept.block, BatchBlock::Parse(*bytes));
  }
  return &blocks_.emplace(first_row, std::move(kept)).first->second;
}

StatusOr<std::optional<BatchRow>> BatchRows::LoadSingle(uint64_t row) const {
  ENLACE_ASSIGN_OR_RETURN(const auto bytes,
                          transaction_.Get(Table::kBatchRow, RowKey(batch_, row)));
  if (!bytes.has_value()) return std::optional<BatchRow>();
  pb::StoredBatchRow stored;
  ENLACE_RETURN_IF_ERROR(ParseRow(*bytes, "batch_row", stored));
  BatchRow out;
  out.outcome = static_cast<RowOutcome>(stored.outcome());
  out.revision = stored.revision();
  out.keyed = stored.keyed();
  out.content_hash = stored.content_hash();
  out.subject = stored.subject();
  out.reason = stored.reason();
  out.field = stored.field();
  return std::optional<BatchRow>(std::move(out));
}

void BatchRows::PutSingle(uint64_t row, const BatchRow& became) {
  pb::StoredBatchRow stored;
  stored.set_outcome(static_cast<uint32_t>(became.outcome));
  stored.set_content_hash(became.content_hash);
  stored.set_subject(became.subject);
  stored.set_reason(became.reason);
  stored.set_field(became.field);
  stored.set_revision(became.revision);
  stored.set_keyed(became.keyed);
  transaction_.Put(Table::kBatchRow, RowKey(batch_, row), SerializeRow(stored));
  looked_at_ = 0;
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
