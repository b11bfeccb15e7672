#include "client/lib/case_rows.h"

#include <string>

#include "google/protobuf/unknown_field_set.h"
#include "node/base/wire.h"
#include "node/model/case_wire.h"

namespace enlace::client {
namespace {

namespace pb = exchange::v1;

void AppendTag(uint32_t field, WireType type, std::string& out) {
  AppendVarint(out, field << 3 | static_cast<uint32_t>(type));
}

void AppendBytes(uint32_t field, std::string_view bytes, std::string& out) {
  AppendTag(field, WireType::kBytes, out);
  AppendVarint(out, bytes.size());
  out += bytes;
}

}  // namespace

void AddCaseRow(uint64_t row, const model::CaseContent& content, pb::ImportCaseRecordsRequest& part,
                std::string_view source_key) {
  constexpr size_t kRowBytes = 400;  // About.
  // A field that is kept as bytes is written as it is, whatever its number.
  std::string& out = *part.GetReflection()->MutableUnknownFields(&part)->AddLengthDelimited(
      pb::ImportCaseRecordsRequest::kRowsFieldNumber);
  out.reserve(kRowBytes);
  AppendTag(pb::CaseRow::kRowFieldNumber, WireType::kVarint, out);
  AppendVarint(out, row);
  AppendBytes(pb::CaseRow::kCaseRecordFieldNumber, model::ContentWire(content), out);
  if (!source_key.empty()) AppendBytes(pb::CaseRow::kSourceKeyFieldNumber, source_key, out);
}

}  // namespace enlace::client
