#include "node/store/batch_block.h"

#include "enlace/storage/v1/records.pb.h"
#include "node/store/delivery_table.h"
#include "node/store/row_codec.h"

namespace enlace::store {
namespace {

namespace pb = enlace::storage::v1;

constexpr uint8_t kKeyedBit = 0x80;

bool HasRevision(const BatchBlock::Row& row) {
  return row.outcome != 0 && row.outcome != static_cast<uint8_t>(RowOutcome::kQuarantined);
}

Status Corrupt() {
  return Error(Reason::STORE_CORRUPT,
               "a row of table batch_row does not decode; run enlaced verify");
}

}  // namespace

std::string BatchBlock::Encode() const {
  pb::StoredBatchBlock out;
  std::string& outcomes = *out.mutable_outcomes();
  uint64_t commit = 0;
  uint32_t index = 0;
  for (const Row& row : rows_) {
    outcomes.push_back(static_cast<char>(row.outcome | (row.keyed ? kKeyedBit : 0)));
    if (!HasRevision(row)) continue;
    out.add_commits(static_cast<int64_t>(row.commit - commit));
    out.add_indexes(static_cast<int64_t>(row.index) - static_cast<int64_t>(index));
    commit = row.commit;
    index = row.index;
  }
  outcomes.resize(outcomes.find_last_not_of('\0') + 1);
  return SerializeRow(out);
}

StatusOr<BatchBlock> BatchBlock::Parse(std::string_view bytes) {
  pb::StoredBatchBlock in;
  ENLACE_RETURN_IF_ERROR(ParseRow(bytes, "batch_row", in));
  if (in.outcomes().size() > kRows || in.commits_size() != in.indexes_size()) return Corrupt();
  BatchBlock block;
  int next = 0;
  uint64_t commit = 0;
  uint32_t index = 0;
  for (size_t i = 0; i < in.outcomes().size(); ++i) {
    const auto byte = static_cast<uint8_t>(in.outcomes()[i]);
    Row& row = block.rows_[i];
    row.outcome = byte & static_cast<uint8_t>(~kKeyedBit);
    row.keyed = (byte & kKeyedBit) != 0;
    if (!HasRevision(row)) continue;
    if (next == in.commits_size()) return Corrupt();
    // Sums of differences, modulo their width.
    commit += static_cast<uint64_t>(in.commits(next));
    index += static_cast<uint32_t>(in.indexes(next));
    ++next;
    row.commit = commit;
    row.index = index;
  }
  if (next != in.commits_size()) return Corrupt();
  return block;
}

}  // namespace enlace::store
