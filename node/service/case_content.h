#pragma once

#include <string>
#include <string_view>

#include "node/base/error.h"
#include "node/model/case_record.h"

// The content of a record that comes in, read without a message for it. Pure.
namespace enlace::service {

// Field of a request that carries a record, and so the begin of the fields of its violations.
inline constexpr std::string_view kCaseRecordField = "case_record";

// Reads the bytes of a CaseRecord that has no output fields. The answer are its bytes as they are
// stored (model::AppendContentWire): they lie in `record`, or in `own_wire` when it came in another
// form, and live as long. REQUEST_MALFORMED, or violations as of ContentFromProto.
StatusOr<std::string_view> ReadCaseContent(std::string_view record, model::CaseContent& content,
                                           std::string& own_wire);

}  // namespace enlace::service
