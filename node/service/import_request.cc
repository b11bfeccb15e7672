#include "node/service/import_request.h"

#include "node/base/wire.h"

namespace enlace::service {
namespace {

constexpr uint32_t kRow = pb::CaseRow::kRowFieldNumber;
constexpr uint32_t kRecord = pb::CaseRow::kCaseRecordFieldNumber;
constexpr uint32_t kSourceKey = pb::CaseRow::kSourceKeyFieldNumber;
constexpr uint32_t kRows = pb::ImportCaseRecordsRequest::kRowsFieldNumber;

bool TakeRow(std::string_view bytes, ImportRequest::Row& out) {
  WireField field;
  while (!bytes.empty()) {
    if (!TakeField(bytes, field)) return false;
    const bool number = field.number == kRow;
    if (field.type != (number ? WireType::kVarint : WireType::kBytes)) return false;
    if (number) {
      out.number = field.value;
    } else if (field.number == kRecord) {
      out.case_record = field.bytes;
    } else if (field.number == kSourceKey) {
      out.source_key = field.bytes;
    } else {
      return false;
    }
  }
  return true;
}

// Splits `bytes` into the rows and, as they are, the fields beside them.
bool Split(std::string_view bytes, std::vector<ImportRequest::Row>& rows, std::string& rest) {
  WireField field;
  while (!bytes.empty()) {
    const std::string_view before = bytes;
    if (!TakeField(bytes, field)) return false;
    if (field.number != kRows) {
      rest += before.substr(0, before.size() - bytes.size());
    } else if (field.type != WireType::kBytes || !TakeRow(field.bytes, rows.emplace_back())) {
      return false;
    }
  }
  return true;
}

}  // namespace

StatusOr<ImportRequest> ImportRequest::Read(std::string_view bytes) {
  ImportRequest request;
  std::string rest;
  if (!Split(bytes, request.rows_, rest) || !request.rest_.ParseFromString(rest)) {
    return Error(Reason::REQUEST_MALFORMED, "expected the bytes of ImportCaseRecordsRequest",
                 {{"type", pb::ImportCaseRecordsRequest::descriptor()->full_name()}});
  }
  return request;
}

}  // namespace enlace::service
