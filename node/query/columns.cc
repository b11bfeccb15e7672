#include "node/query/columns.h"

#include <algorithm>

#include <fmt/format.h>

namespace enlace::query {
namespace {

template <typename Slot, typename Key>
void AddProducts(const Slot* slots, size_t count, Key stride, Key* keys) {
  for (size_t i = 0; i < count; ++i) {
    keys[i] = static_cast<Key>(keys[i] + static_cast<Key>(slots[i]) * stride);
  }
}

}  // namespace

void SingleColumn::Append(uint32_t slot) {
  if (wide_) {
    broad_.Append(static_cast<uint16_t>(slot));
  } else {
    narrow_.Append(static_cast<uint8_t>(slot));
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

template <typename Key>
void SingleColumn::AddKeys(size_t first_row, size_t count, Key stride, Key* keys) const {
  if (wide_) {
    AddProducts(broad_.From(first_row), count, stride, keys);
  } else {
    AddProducts(narrow_.From(first_row), count, stride, keys);
  }
}
template void SingleColumn::AddKeys(size_t, size_t, uint16_t, uint16_t*) const;
template void SingleColumn::AddKeys(size_t, size_t, uint32_t, uint32_t*) const;

void SingleColumn::KeepSlots(size_t first_row, size_t count, const uint8_t* slots,
                             uint8_t* taken) const {
  if (wide_) {
    const uint16_t* const held = broad_.From(first_row);
    for (size_t i = 0; i < count; ++i) taken[i] &= slots[held[i]];
  } else {
    const uint8_t* const held = narrow_.From(first_row);
    for (size_t i = 0; i < count; ++i) taken[i] &= slots[held[i]];
  }
}

SetColumn::SetColumn(const model::AttributeInfo& info, const codes::CodeList& list)
    : info_(info), list_(list), highest_(list.codes().empty() ? 0 : list.codes().back().number) {
  while (highest_ >= 8 * width_) width_ *= 2;
}

template <typename Visit>
void SetColumn::VisitBlock(size_t first_row, Visit visit) const {
  switch (width_) {
    case 1:
      return visit(bytes1_.From(first_row));
    case 2:
      return visit(bytes2_.From(first_row));
    case 4:
      return visit(bytes4_.From(first_row));
    default:
      visit(bytes8_.From(first_row));
  }
}

uint32_t SetColumn::ByteValues(size_t byte) const {
  const size_t bits = std::min<size_t>(8, highest_ + 1 - 8 * byte);
  // The first byte holds a reason as well, which takes three bits.
  return 1U << (byte == 0 ? std::max<size_t>(bits, 3) : bits);
}

bool SetColumn::ByteHasSlot(size_t byte, uint32_t value, uint32_t slot) {
  if (byte == 0 && !Affirms(value)) return value >> 1 == slot;
  if (slot < kReasonSlots) return false;
  const uint32_t code = slot - kReasonSlots + 1;
  return code / 8 == byte && ((value >> (code % 8)) & 1U) != 0;
}

template <typename Key>
void SetColumn::AddByteKeys(size_t first_row, size_t count, size_t byte, Key stride,
                            Key* keys) const {
  VisitBlock(first_row, [=](const auto* held) {
    for (size_t i = 0; i < count; ++i) {
      const auto value = static_cast<Key>((held[i] >> (8 * byte)) & 0xFFU);
      keys[i] = static_cast<Key>(keys[i] + value * stride);
    }
  });
}
template void SetColumn::AddByteKeys(size_t, size_t, size_t, uint16_t, uint16_t*) const;
template void SetColumn::AddByteKeys(size_t, size_t, size_t, uint32_t, uint32_t*) const;

void SetColumn::KeepAffirmed(size_t first_row, size_t count, uint64_t mask, uint8_t* taken) const {
  VisitBlock(first_row, [=](const auto* held) {
    for (size_t i = 0; i < count; ++i) {
      const bool affirmed = (held[i] & 1U) == 0 && (held[i] & mask) != 0;
      taken[i] = static_cast<uint8_t>(taken[i] & (affirmed ? 1U : 0U));
    }
  });
}

uint64_t SetColumn::Held(size_t row) const {
  switch (width_) {
    case 1:
      return bytes1_[row];
    case 2:
      return bytes2_[row];
    case 4:
      return bytes4_[row];
    default:
      return bytes8_[row];
  }
}

void SetColumn::Append(const model::SetValue& value) {
  const uint64_t held =
      value.affirmed != 0 ? value.affirmed : (uint64_t{ReasonSlot(value.rest)} << 1) | 1U;
  switch (width_) {
    case 1:
      return bytes1_.Append(static_cast<uint8_t>(held));
    case 2:
      return bytes2_.Append(static_cast<uint16_t>(held));
    case 4:
      return bytes4_.Append(static_cast<uint32_t>(held));
    default:
      return bytes8_.Append(held);
  }
}

void SetColumn::Wipe(size_t row) {
  const auto held = static_cast<uint8_t>((ReasonSlot(model::Missing::kNotCollected) << 1) | 1U);
  switch (width_) {
    case 1:
      bytes1_[row] = held;
      return;
    case 2:
      bytes2_[row] = held;
      return;
    case 4:
      bytes4_[row] = held;
      return;
    default:
      bytes8_[row] = held;
  }
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
    // Codes begin at 1.
    if ((affirmed & ~column.list().MaskOfAll()) != 0 || (affirmed & 1U) != 0) {
      return missing(column.list());
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
      entity_index.try_emplace(revision.entity, static_cast<uint16_t>(entity_names.size()));
  if (added) entity_names.push_back(revision.entity);
  if (row % kBlockRows == 0) ended_in_block.push_back(0);
  from_ms.Append(revision.update_time_ms);
  year.Append(static_cast<uint16_t>(revision.content.registration_year));
  entity.Append(at->second);
  ended.Append(0);
  if (before != kNoRow) previous.emplace(row, before);
  return row;
}

void CaseColumns::Columns::End(uint32_t row, int64_t ms) {
  const auto [at, first] = to_ms.try_emplace(row, ms);
  if (!first) at->second = std::min(at->second, ms);
  if (first) ++ended_in_block[row / kBlockRows];
  ended[row] = 1;
}

uint32_t CaseColumns::Columns::Previous(uint32_t row) const {
  const auto at = previous.find(row);
  return at == previous.end() ? kNoRow : at->second;
}

void CaseColumns::Columns::Wipe(uint32_t row) {
  for (SingleColumn& column : singles) column.Wipe(row);
  for (SetColumn& column : sets) column.Wipe(row);
  End(row, kNever);
  year[row] = 0;
}

}  // namespace enlace::query
