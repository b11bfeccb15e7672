#include "node/query/case_columns.h"

#include <algorithm>

#include "node/query/columns.h"

namespace enlace::query {

CaseColumns::CaseColumns(std::shared_ptr<const codes::Registry> registry, ColumnsOptions options)
    : registry_(std::move(registry)),
      options_(options),
      columns_(std::make_unique<Columns>(*registry_)) {}

CaseColumns::~CaseColumns() = default;

Status CaseColumns::Apply(const model::CaseRecord& revision) {
  const bool active = revision.state == model::CaseState::kActive;
  // Constant after construction, so this needs no lock.
  if (active) ENLACE_RETURN_IF_ERROR(columns_->CheckCodes(revision.content));

  const std::lock_guard<std::mutex> gate(gate_);
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  if (active && (columns_->rows() >= options_.rows_max || !columns_->HasRoomFor(revision.entity))) {
    return Error(Reason::STORE_LIMIT,
                 "the columns hold no more revisions of case records, or no more entities");
  }
  RecordIndex::Held& held = columns_->index.At(revision.reference);
  if (revision.revision <= held.revision) return absl::OkStatus();
  held.revision = revision.revision;

  const uint32_t last = held.last_row;
  const bool was_active = last != kNoRow && columns_->ended[last] == 0;
  // Every earlier revision ends here at the latest, also one with a later clock.
  for (uint32_t row = last; row != kNoRow; row = columns_->Previous(row)) {
    columns_->End(row, revision.update_time_ms);
    if (revision.state == model::CaseState::kErased) columns_->Wipe(row);
  }
  if (revision.state == model::CaseState::kErased) {
    // Final: no later revision brings it back.
    held = {std::numeric_limits<uint32_t>::max(), kNoRow};
  }
  if (active) held.last_row = columns_->Append(revision, last);
  active_ += active ? 1 : 0;
  active_ -= was_active ? 1 : 0;
  return absl::OkStatus();
}

uint64_t CaseColumns::active_records() const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  return active_;
}

}  // namespace enlace::query
