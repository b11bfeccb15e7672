#include "node/store/verify.h"

#include <fmt/format.h>

#include "enlace/storage/v1/records.pb.h"
#include "node/store/batch_block.h"
#include "node/store/case_row.h"

namespace enlace::store {
namespace {

namespace pb = ::enlace::storage::v1;

template <typename Message>
bool Parses(std::string_view value) {
  return Message().ParseFromArray(value.data(), static_cast<int>(value.size()));
}

bool IsCaseRow(std::string_view value) {
  std::string converted;
  const auto row = ParseCaseRow(value, converted);
  model::CaseContent content;
  return row.ok() && DecodeContent(row->content, content).ok();
}

// The key of a block is one byte longer than that of a row: entity, batch id and a number.
bool IsBatchRow(std::string_view key, std::string_view value) {
  const size_t number_at = key.find('/', key.find('/') + 1) + 1;
  const bool is_block = key.size() - number_at == sizeof(uint64_t) + 1;
  return is_block ? BatchBlock::Parse(value).ok() : Parses<pb::StoredBatchRow>(value);
}

// Whether a value is what its table holds. Bare bytes (references, keys of other tables,
// header bytes, key material) are read by their own modules; here any bytes will do.
bool Decodes(Table table, std::string_view key, std::string_view value) {
  switch (table) {
    case Table::kMeta:
      return key == "store" ? Parses<pb::StoreMeta>(value) : key != "commit" || value.size() == 8;
    case Table::kCaseRevision:
      return IsCaseRow(value);
    case Table::kObservation:
      return Parses<pb::StoredObservation>(value);
    case Table::kBatch:
      return Parses<pb::StoredBatch>(value);
    case Table::kBatchRow:
      return IsBatchRow(key, value);
    case Table::kRequest:
      return Parses<pb::StoredRequest>(value);
    case Table::kProgramme:
      return Parses<pb::StoredProgramme>(value);
    case Table::kRelease:
      return Parses<pb::StoredRelease>(value);
    case Table::kChannel:
      return Parses<pb::StoredChannel>(value);
    case Table::kEntryPayload:
      return Parses<pb::StoredPayload>(value);
    case Table::kCheckpoint:
      return Parses<pb::StoredCheckpoint>(value);
    case Table::kAudit:
      return Parses<pb::StoredAudit>(value);
    case Table::kCaseByReference:
    case Table::kCaseBySourceKey:
    case Table::kQuarantine:
    case Table::kReleaseByName:
    case Table::kEntryHeader:
    case Table::kSecret:
    case Table::kChannelNode:
      return true;
    case Table::kCount:
      break;
  }
  return false;
}

}  // namespace

StatusOr<uint64_t> VerifyEveryRow(const Reader& reader) {
  uint64_t rows = 0;
  for (size_t number = 0; number < static_cast<size_t>(Table::kCount); ++number) {
    const auto table = static_cast<Table>(number);
    bool decodes = true;
    ENLACE_RETURN_IF_ERROR(
        reader.Scan(table, {}, [&](std::string_view key, std::string_view value) {
          ++rows;
          decodes = Decodes(table, key, value);
          return decodes;
        }));
    if (!decodes) {
      return Error(Reason::STORE_CORRUPT,
                   fmt::format("row {} of the store, in table {}, is not a value of that table",
                               rows, TableNames().at(number)));
    }
  }
  return rows;
}

}  // namespace enlace::store
