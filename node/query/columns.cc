#include "node/query/columns.h"

#include <fmt/format.h>

namespace enlace::query {

void SingleColumn::Append(uint32_t slot) {
  if (wide_) {
    broad_.push_back(static_cast<uint16_t>(slot));
  } else {
    narrow_.push_back(static_cast<uint8_t>(slot));
  }
}

void SingleColumn::Wipe(size_t row) {
  const uint32_t slot = ReasonSlot(model::Missing::kNotCollected);
  if (wide_) {
    broad_[row] = static_cast<uint16_t>(slot);
  } else {
    narrow_[row] = static_cast<uint8_t>(slot);
  }
}

uint32_t SingleColumn::SlotOf(uint32_t code) const {
  const codes::Code* found = list_.Find(code);
  if (found == nullptr) return kNoRow;
  return kReasonSlots + static_cast<uint32_t>(found - list_.codes().data());
}

Coordinate SingleColumn::CoordinateOf(uint32_t slot) const {
  if (slot < kReasonSlots) return {0, static_cast<model::Missing>(slot + 1)};
  return {list_.codes()[slot - kReasonSlots].number, model::Missing::kNone};
}

void SetColumn::Append(const model::SetValue& value) {
  affirmed_.push_back(value.affirmed);
  rest_.push_back(static_cast<uint8_t>(ReasonSlot(value.rest)));
}

void SetColumn::Wipe(size_t row) {
  affirmed_[row] = 0;
  rest_[row] = static_cast<uint8_t>(ReasonSlot(model::Missing::kNotCollected));
}

Coordinate SetColumn::CoordinateOf(uint32_t slot) {
  if (slot < kReasonSlots) return {0, static_cast<model::Missing>(slot + 1)};
  return {slot - kReasonSlots + 1, model::Missing::kNone};
}

CaseColumns::Columns::Columns(const codes::Registry& registry) {
  for (const model::AttributeInfo& info : model::AllAttributes()) {
    if (info.kind == model::AttributeKind::kSingle) {
      singles.emplace_back(info, registry.Get(info.list));
    } else {
      sets.emplace_back(info, registry.Get(info.list));
    }
  }
}

const SingleColumn* CaseColumns::Columns::Single(uint32_t attribute) const {
  for (const SingleColumn& column : singles) {
    if (column.attribute() == attribute) return &column;
  }
  return nullptr;
}

const SetColumn* CaseColumns::Columns::Set(uint32_t attribute) const {
  for (const SetColumn& column : sets) {
    if (column.attribute() == attribute) return &column;
  }
  return nullptr;
}

Status CaseColumns::Columns::CheckCodes(const model::CaseContent& content) const {
  const auto missing = [](const codes::CodeList& list) {
    return Error(Reason::CODE_UNKNOWN,
                 fmt::format("a stored record uses a code that list {} of this node lacks; "
                             "install a bundle of code lists that has it",
                             list.name()));
  };
  for (const SingleColumn& column : singles) {
    const model::SingleValue value = content.Single(column.attribute());
    if (value.missing == model::Missing::kNone && column.SlotOf(value.code) == kNoRow) {
      return missing(column.list());
    }
  }
  for (const SetColumn& column : sets) {
    const uint64_t affirmed = content.Set(column.attribute()).affirmed;
    for (uint32_t code = 0; code < 64; ++code) {
      if (((affirmed >> code) & 1U) == 0) continue;
      if (code == 0 || column.list().Find(code) == nullptr) return missing(column.list());
    }
  }
  return absl::OkStatus();
}

uint32_t CaseColumns::Columns::Append(const model::CaseRecord& revision, uint32_t before) {
  const uint32_t row = rows();
  for (SingleColumn& column : singles) {
    const model::SingleValue value = revision.content.Single(column.attribute());
    column.Append(value.missing == model::Missing::kNone ? column.SlotOf(value.code)
                                                         : ReasonSlot(value.missing));
  }
  for (SetColumn& column : sets) {
    model::SetValue value = revision.content.Set(column.attribute());
    // The model refuses a set without reason; a stored one stands as "not collected".
    if (value.rest == model::Missing::kNone) value.rest = model::Missing::kNotCollected;
    column.Append(value);
  }
  const auto [at, added] =
      entity_index.try_emplace(revision.entity, static_cast<uint32_t>(entity_names.size()));
  if (added) entity_names.push_back(revision.entity);
  from_ms.push_back(revision.update_time_ms);
  to_ms.push_back(kOpenEnd);
  year.push_back(static_cast<uint16_t>(revision.content.registration_year));
  entity.push_back(at->second);
  previous.push_back(before);
  return row;
}

void CaseColumns::Columns::Wipe(uint32_t row) {
  for (SingleColumn& column : singles) column.Wipe(row);
  for (SetColumn& column : sets) column.Wipe(row);
  to_ms[row] = kNever;
  year[row] = 0;
}

}  // namespace enlace::query
