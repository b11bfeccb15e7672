// The answer of a node to a list, as a client reads it: what it says of a record must be what the
// message says, and bytes that are no message must be refused where they are looked at.
#include <cstdint>
#include <string>
#include <string_view>

#include "client/lib/case_records.h"
#include "google/protobuf/unknown_field_set.h"
#include "node/base/check.h"

using enlace::client::CaseRecords;
using enlace::client::CaseRecordView;

namespace {

bool HasGroup(const google::protobuf::Message& message) {
  const auto& unknown = message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count(); ++i) {
    if (unknown.field(i).type() == google::protobuf::UnknownField::TYPE_GROUP) return true;
  }
  return false;
}

// Of the form that a node writes: what is not may be refused though the parser is lenient.
bool IsPlain(const enlace::exchange::v1::CaseRecord& message, std::string_view bytes) {
  if (message.SerializeAsString() != bytes || HasGroup(message)) return false;
  for (const auto& single : message.singles()) {
    if (HasGroup(single)) return false;
  }
  for (const auto& set : message.sets()) {
    if (HasGroup(set)) return false;
  }
  return true;
}

void Compare(const CaseRecordView& view) {
  const auto message = view.ToMessage();
  const bool plain = message.ok() && IsPlain(*message, view.bytes());
  for (uint32_t attribute = 0; attribute < 70; ++attribute) {
    const auto single = view.FindSingle(attribute);
    const auto set = view.FindSet(attribute);
    ENLACE_CHECK(!plain || (single.ok() && set.ok()));
  }
  if (!plain) return;
  ENLACE_CHECK(view.name() == message->name());
  ENLACE_CHECK(view.entity() == message->entity());
  ENLACE_CHECK(view.registration_year() == message->registration_year());
  ENLACE_CHECK(view.revision() == message->revision());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  if (const auto one = CaseRecords::ReadOne(bytes); one.ok()) Compare(one->records()[0]);
  const auto records = CaseRecords::Read(bytes);
  if (!records.ok()) return 0;
  ENLACE_CHECK(records->records().size() <= CaseRecords::kRecordsMax);
  for (const CaseRecordView& view : records->records()) Compare(view);
  return 0;
}
