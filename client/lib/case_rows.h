#pragma once

#include <cstdint>
#include <string_view>

#include "enlace/exchange/v1/case_service.pb.h"
#include "node/model/case_record.h"

// Rows of a delivery without a message for each record, which is a hundred objects: making these
// takes a sender of many longer than the node takes to store them. Pure.
namespace enlace::client {

// Adds a CaseRow to a part, as the bytes that it is on the wire. Nobody but the receiver sees it
// there: `part.rows()` stays as it is. `content` should be canonical; a node reads other forms too,
// at more expense.
void AddCaseRow(uint64_t row, const model::CaseContent& content,
                exchange::v1::ImportCaseRecordsRequest& part, std::string_view source_key = "");

}  // namespace enlace::client
