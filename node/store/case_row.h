#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "node/base/error.h"
#include "node/model/case_record.h"

// One row of table case_revision: storage.v1.StoredCaseRevision, written and read by hand, since
// every record that is delivered, listed or counted passes here. Pure.
namespace enlace::store {

// A row as it lies there: views of its bytes, valid as long as they are.
struct CaseRowView {
  std::string_view reference;  // Empty in a first revision that has a nonce.
  std::string_view entity;
  std::string_view content;  // As model::AppendContentWire writes it; empty when erased.
  std::string_view salt;     // Of records of earlier programs alone.
  std::string_view nonce;
  model::CaseState state = model::CaseState::kActive;
  uint32_t revision = 0;
  uint32_t reason = 0;
  int64_t create_time_ms = 0;
  int64_t update_time_ms = 0;
};

// The row's bytes, the same as protobuf would make.
std::string EncodeCaseRow(const CaseRowView& row);

// STORE_CORRUPT unless `bytes` are a row. The content of a row of an earlier program, which holds
// it in other fields, is written to `converted` and seen from there.
StatusOr<CaseRowView> ParseCaseRow(std::string_view bytes, std::string& converted);

// A row's content; of an erased one, a content that says nothing at all. STORE_CORRUPT leaves `out`
// in any state.
Status DecodeContent(std::string_view content, model::CaseContent& out);

}  // namespace enlace::store
