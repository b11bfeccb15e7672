#include "node/service/case_content.h"

#include <algorithm>

#include "node/model/case_wire.h"
#include "node/service/case_convert.h"

namespace enlace::service {
namespace {

// True for a content that the general way would leave as it is, and find no fault with that
// ValidateCase does not find.
bool IsPlain(const model::CaseContent& content) {
  return std::none_of(content.singles.begin(), content.singles.end(),
                      [](const auto& entry) {
                        return entry.second == model::SingleValue{0, model::Missing::kNotCollected};
                      }) &&
         std::none_of(content.sets.begin(), content.sets.end(), [](const auto& entry) {
           const model::SetValue& value = entry.second;
           return value == model::SetValue{} || ((value.affirmed | value.denied) & 1U) != 0;
         });
}

}  // namespace

// Nearly all records come in the form in which they are stored. Others are read as messages, with
// a violation for each fault.
StatusOr<std::string_view> ReadCaseContent(std::string_view record, model::CaseContent& content,
                                           std::string& own_wire) {
  if (model::ParseContentWire(record, content) && IsPlain(content)) return record;
  pb::CaseRecord message;
  if (!message.ParseFromArray(record.data(), static_cast<int>(record.size()))) {
    return Error(Reason::REQUEST_MALFORMED, "expected the bytes of CaseRecord");
  }
  ENLACE_ASSIGN_OR_RETURN(content,
                          ContentFromProto(message, OutputFields::kRefused, kCaseRecordField));
  own_wire = model::ContentWire(content);
  return own_wire;
}

}  // namespace enlace::service
