#include "node/store/case_row.h"

#include "enlace/storage/v1/records.pb.h"
#include "node/base/wire.h"
#include "node/model/case_wire.h"
#include "node/store/row_codec.h"

namespace enlace::store {
namespace {

namespace pb = enlace::storage::v1;

// Numbers of fields of StoredCaseRevision.
enum Field : uint32_t {
  kReference = 1,
  kEntity = 2,
  kOldContentFirst = 3,  // To kOldContentLast: the content in rows of earlier programs.
  kOldContentLast = 7,
  kState = 8,
  kRevision = 9,
  kCreateTime = 10,
  kUpdateTime = 11,
  kReason = 12,
  kSalt = 13,
  kContent = 14,
  kNonce = 15,
};

void AppendNumber(std::string& out, Field field, uint64_t value) {
  if (value == 0) return;
  AppendVarint(out, field << 3 | static_cast<uint32_t>(WireType::kVarint));
  AppendVarint(out, value);
}

void AppendBytes(std::string& out, Field field, std::string_view bytes) {
  if (bytes.empty()) return;
  AppendVarint(out, field << 3 | static_cast<uint32_t>(WireType::kBytes));
  AppendVarint(out, bytes.size());
  out += bytes;
}

Status Corrupt() {
  return Error(Reason::STORE_CORRUPT,
               "a row of table case_revision does not decode; run enlaced verify");
}

void SetNumber(uint32_t field, uint64_t value, CaseRowView& row) {
  switch (field) {
    case kState:
      row.state = static_cast<model::CaseState>(value);
      return;
    case kRevision:
      row.revision = static_cast<uint32_t>(value);
      return;
    case kCreateTime:
      row.create_time_ms = static_cast<int64_t>(value);
      return;
    case kUpdateTime:
      row.update_time_ms = static_cast<int64_t>(value);
      return;
    case kReason:
      row.reason = static_cast<uint32_t>(value);
      return;
    default:
      return;
  }
}

void SetBytes(uint32_t field, std::string_view bytes, CaseRowView& row) {
  switch (field) {
    case kReference:
      row.reference = bytes;
      return;
    case kEntity:
      row.entity = bytes;
      return;
    case kSalt:
      row.salt = bytes;
      return;
    case kContent:
      row.content = bytes;
      return;
    case kNonce:
      row.nonce = bytes;
      return;
    default:
      return;
  }
}

// False unless `bytes` are fields; `old_content` when one of them is a field of old contents.
bool TakeFields(std::string_view bytes, CaseRowView& row, bool& old_content) {
  WireField field;
  while (!bytes.empty()) {
    if (!TakeField(bytes, field)) return false;
    old_content =
        old_content || (field.number >= kOldContentFirst && field.number <= kOldContentLast);
    if (field.type == WireType::kVarint) {
      SetNumber(field.number, field.value, row);
    } else if (field.type == WireType::kBytes) {
      SetBytes(field.number, field.bytes, row);
    } else {
      return false;
    }
  }
  return true;
}

Status ConvertOldContent(std::string_view bytes, std::string& converted) {
  pb::StoredCaseRevision row;
  ENLACE_RETURN_IF_ERROR(ParseRow(bytes, "case_revision", row));
  model::CaseContent content;
  content.codelist_version = row.codelist_version();
  content.registration_year = row.registration_year();
  content.registration_quarter = row.registration_quarter();
  for (const auto& single : row.singles()) {
    content.singles[single.attribute()] = {single.code(),
                                           static_cast<model::Missing>(single.missing())};
  }
  for (const auto& set : row.sets()) {
    content.sets[set.attribute()] = {set.affirmed(), set.denied(),
                                     static_cast<model::Missing>(set.rest())};
  }
  converted.clear();
  model::AppendContentWire(content, converted);
  return absl::OkStatus();
}

}  // namespace

std::string EncodeCaseRow(const CaseRowView& row) {
  constexpr size_t kNumbersBytesMax = 48;
  std::string out;
  out.reserve(row.reference.size() + row.entity.size() + row.content.size() + row.salt.size() +
              row.nonce.size() + kNumbersBytesMax);
  AppendBytes(out, kReference, row.reference);
  AppendBytes(out, kEntity, row.entity);
  AppendNumber(out, kState, static_cast<uint64_t>(row.state));
  AppendNumber(out, kRevision, row.revision);
  AppendNumber(out, kCreateTime, static_cast<uint64_t>(row.create_time_ms));
  if (row.update_time_ms != row.create_time_ms) {
    AppendNumber(out, kUpdateTime, static_cast<uint64_t>(row.update_time_ms));
  }
  AppendNumber(out, kReason, row.reason);
  AppendBytes(out, kSalt, row.salt);
  AppendBytes(out, kContent, row.content);
  AppendBytes(out, kNonce, row.nonce);
  return out;
}

StatusOr<CaseRowView> ParseCaseRow(std::string_view bytes, std::string& converted) {
  CaseRowView row;
  row.state = model::CaseState{};
  bool old_content = false;
  if (!TakeFields(bytes, row, old_content)) return Corrupt();
  if (row.update_time_ms == 0) row.update_time_ms = row.create_time_ms;
  if (old_content) {
    ENLACE_RETURN_IF_ERROR(ConvertOldContent(bytes, converted));
    row.content = converted;
  }
  return row;
}

Status DecodeContent(std::string_view content, model::CaseContent& out) {
  return model::ParseContentWire(content, out) ? absl::OkStatus() : Corrupt();
}

}  // namespace enlace::store
