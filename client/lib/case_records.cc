#include "client/lib/case_records.h"

#include <algorithm>
#include <utility>

#include "node/base/wire.h"

namespace enlace::client {
namespace {

namespace pb = exchange::v1;

Status NoRecords() {
  return Error(Reason::REQUEST_MALFORMED,
               "the node's answer has other bytes than a list of case records");
}

// Gives each field of a message to `visit`, which says whether to go on. False for other bytes.
template <typename Visit>
bool ForEachField(std::string_view bytes, Visit visit) {
  WireField field;
  while (!bytes.empty()) {
    if (!TakeField(bytes, field)) return false;
    if (!visit(field)) return true;
  }
  return true;
}

bool IsNumber(const WireField& field) { return field.type == WireType::kVarint; }
bool IsBytes(const WireField& field) { return field.type == WireType::kBytes; }

// The number of field 1 of a SingleValue or SetValue; both begin with it. False for other bytes.
bool AttributeOf(std::string_view value, uint32_t& attribute) {
  attribute = 0;
  return ForEachField(value, [&](const WireField& field) {
    if (field.number == pb::SingleValue::kAttributeFieldNumber && IsNumber(field)) {
      attribute = static_cast<uint32_t>(field.value);
    }
    return attribute == 0;
  });
}

// The message in field `number` of a record that says something of `attribute`; nothing where there
// is none. False for other bytes.
bool FindValue(std::string_view record, int number, uint32_t attribute,
               std::optional<std::string_view>& found) {
  bool sound = true;
  const bool whole = ForEachField(record, [&](const WireField& field) {
    if (field.number != static_cast<uint32_t>(number) || !IsBytes(field)) return true;
    uint32_t of = 0;
    sound = AttributeOf(field.bytes, of);
    if (sound && of == attribute) found = field.bytes;
    return sound && !found.has_value();
  });
  return whole && sound;
}

bool TakeCodes(const WireField& field, std::vector<uint32_t>& codes) {
  if (IsNumber(field)) codes.push_back(static_cast<uint32_t>(field.value));  // Not packed.
  if (!IsBytes(field)) return true;
  std::string_view bytes = field.bytes;
  while (!bytes.empty()) {
    uint64_t code = 0;
    if (!TakeVarint(bytes, code)) return false;
    codes.push_back(static_cast<uint32_t>(code));
  }
  return true;
}

}  // namespace

StatusOr<std::optional<CaseRecordView::Single>> CaseRecordView::FindSingle(
    uint32_t attribute) const {
  std::optional<std::string_view> value;
  if (!FindValue(bytes_, pb::CaseRecord::kSinglesFieldNumber, attribute, value)) return NoRecords();
  if (!value.has_value()) return std::optional<Single>();
  Single single;
  const bool whole = ForEachField(*value, [&](const WireField& field) {
    if (!IsNumber(field)) return true;
    if (field.number == pb::SingleValue::kCodeFieldNumber) {
      single.code = static_cast<uint32_t>(field.value);
    } else if (field.number == pb::SingleValue::kMissingFieldNumber) {
      single.missing = static_cast<pb::Missing>(field.value);
    }
    return true;
  });
  if (!whole) return NoRecords();
  return std::optional<Single>(single);
}

StatusOr<std::optional<CaseRecordView::Set>> CaseRecordView::FindSet(uint32_t attribute) const {
  std::optional<std::string_view> value;
  if (!FindValue(bytes_, pb::CaseRecord::kSetsFieldNumber, attribute, value)) return NoRecords();
  if (!value.has_value()) return std::optional<Set>();
  Set set;
  bool sound = true;
  const bool whole = ForEachField(*value, [&](const WireField& field) {
    if (field.number == pb::SetValue::kAffirmedFieldNumber) {
      sound = TakeCodes(field, set.affirmed);
    } else if (field.number == pb::SetValue::kDeniedFieldNumber) {
      sound = TakeCodes(field, set.denied);
    } else if (field.number == pb::SetValue::kRestFieldNumber && IsNumber(field)) {
      set.rest = static_cast<pb::Missing>(field.value);
    }
    return sound;
  });
  if (!whole || !sound) return NoRecords();
  return std::optional<Set>(std::move(set));
}

StatusOr<pb::CaseRecord> CaseRecordView::ToMessage() const {
  pb::CaseRecord message;
  if (!message.ParseFromArray(bytes_.data(), static_cast<int>(bytes_.size()))) return NoRecords();
  return message;
}

bool CaseRecordView::Read(std::string_view bytes) {
  bytes_ = bytes;
  return ForEachField(bytes, [this](const WireField& field) {
    if (IsBytes(field)) {
      if (field.number == pb::CaseRecord::kNameFieldNumber) name_ = field.bytes;
      if (field.number == pb::CaseRecord::kEntityFieldNumber) entity_ = field.bytes;
    } else if (IsNumber(field)) {
      const auto value = static_cast<uint32_t>(field.value);
      if (field.number == pb::CaseRecord::kRegistrationYearFieldNumber) year_ = value;
      if (field.number == pb::CaseRecord::kRevisionFieldNumber) revision_ = value;
    }
    return true;
  });
}

StatusOr<CaseRecords> CaseRecords::List(Client& client, const pb::ListCaseRecordsRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(
      std::string answer,
      client.CallForBytes("/enlace.exchange.v1.CaseService/ListCaseRecords", request));
  return Read(std::move(answer));
}

StatusOr<CaseRecords> CaseRecords::BatchGet(Client& client,
                                            const pb::BatchGetCaseRecordsRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(
      std::string answer,
      client.CallForBytes("/enlace.exchange.v1.CaseService/BatchGetCaseRecords", request));
  return Read(std::move(answer));
}

StatusOr<CaseRecords> CaseRecords::AskForOne(Stream& stream,
                                             const google::protobuf::Message& request) {
  ENLACE_ASSIGN_OR_RETURN(std::string answer, stream.AskForBytes(request));
  return ReadOne(std::move(answer));
}

StatusOr<CaseRecords> CaseRecords::ReadOne(std::string answer) {
  CaseRecords out;
  out.answer_ = std::make_unique<const std::string>(std::move(answer));
  CaseRecordView& record = out.records_.emplace_back();
  if (!record.Read(*out.answer_) || record.name().empty()) return NoRecords();
  return out;
}

StatusOr<CaseRecords> CaseRecords::Read(std::string answer) {
  // Both responses have their records in the same field, so that one reading serves.
  static_assert(int{pb::ListCaseRecordsResponse::kCaseRecordsFieldNumber} ==
                int{pb::BatchGetCaseRecordsResponse::kCaseRecordsFieldNumber});
  CaseRecords out;
  out.answer_ = std::make_unique<const std::string>(std::move(answer));
  Status fault;
  const bool whole = ForEachField(*out.answer_, [&](const WireField& field) {
    if (!IsBytes(field)) return true;  // Of a later version.
    if (field.number == pb::ListCaseRecordsResponse::kNextPageTokenFieldNumber) {
      out.next_page_token_ = field.bytes;
    } else if (field.number != pb::ListCaseRecordsResponse::kCaseRecordsFieldNumber) {
      return true;
    } else if (out.records_.size() == kRecordsMax) {
      fault = Error(Reason::REQUEST_TOO_LARGE, "the node's answer has more than 1,000 records");
    } else if (!out.records_.emplace_back().Read(field.bytes)) {
      fault = NoRecords();
    }
    return fault.ok();
  });
  ENLACE_RETURN_IF_ERROR(fault);
  if (!whole) return NoRecords();
  return out;
}

}  // namespace enlace::client
