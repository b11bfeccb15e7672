#include "node/service/import_request.h"

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace enlace::service {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int kRow = pb::CaseRow::kRowFieldNumber;
constexpr int kRecord = pb::CaseRow::kCaseRecordFieldNumber;
constexpr int kSourceKey = pb::CaseRow::kSourceKeyFieldNumber;

CodedInputStream StreamOf(std::string_view bytes) {
  return CodedInputStream(reinterpret_cast<const uint8_t*>(bytes.data()),
                          static_cast<int>(bytes.size()));
}

// The bytes behind a length, as a view of `all`.
bool TakeBytes(CodedInputStream& in, std::string_view all, std::string_view& out) {
  uint32_t length = 0;
  if (!in.ReadVarint32(&length)) return false;
  const auto at = static_cast<size_t>(in.CurrentPosition());
  if (length > all.size() - at) return false;
  out = all.substr(at, length);
  return in.Skip(static_cast<int>(length));
}

bool TakeRow(std::string_view bytes, ImportRequest::Row& out) {
  CodedInputStream in = StreamOf(bytes);
  while (const uint32_t tag = in.ReadTag()) {
    bool taken = false;
    switch (WireFormatLite::GetTagFieldNumber(tag)) {
      case kRow:
        taken = in.ReadVarint64(&out.number);
        break;
      case kRecord:
        taken = TakeBytes(in, bytes, out.case_record);
        break;
      case kSourceKey:
        taken = TakeBytes(in, bytes, out.source_key);
        break;
      default:
        break;
    }
    if (!taken) return false;
  }
  return in.ConsumedEntireMessage();
}

// Splits `bytes` into the rows and, as they are, the fields beside them.
bool Split(std::string_view bytes, std::vector<ImportRequest::Row>& rows, std::string& rest) {
  CodedInputStream in = StreamOf(bytes);
  auto begin = static_cast<size_t>(in.CurrentPosition());
  while (const uint32_t tag = in.ReadTag()) {
    if (WireFormatLite::GetTagFieldNumber(tag) == pb::ImportCaseRecordsRequest::kRowsFieldNumber) {
      std::string_view row;
      if (!TakeBytes(in, bytes, row) || !TakeRow(row, rows.emplace_back())) return false;
      begin = static_cast<size_t>(in.CurrentPosition());
      continue;
    }
    if (!WireFormatLite::SkipField(&in, tag)) return false;
    const auto end = static_cast<size_t>(in.CurrentPosition());
    rest += bytes.substr(begin, end - begin);
    begin = end;
  }
  return in.ConsumedEntireMessage();
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
