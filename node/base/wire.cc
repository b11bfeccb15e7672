#include "node/base/wire.h"

namespace enlace {
namespace {

constexpr uint64_t kNumberMax = (uint64_t{1} << 29) - 1;  // Of a field.

bool TakeFixed(std::string_view& bytes, size_t size, uint64_t& value) {
  if (bytes.size() < size) return false;
  value = 0;
  for (size_t i = 0; i < size; ++i) {
    value |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  }
  bytes.remove_prefix(size);
  return true;
}

}  // namespace

bool TakeField(std::string_view& bytes, WireField& field) {
  uint64_t tag = 0;
  if (!TakeVarint(bytes, tag) || tag >> 3 == 0 || tag >> 3 > kNumberMax) return false;
  field.number = static_cast<uint32_t>(tag >> 3);
  field.type = static_cast<WireType>(tag & 7);
  switch (field.type) {
    case WireType::kVarint:
      return TakeVarint(bytes, field.value);
    case WireType::kFixed64:
      return TakeFixed(bytes, 8, field.value);
    case WireType::kBytes: {
      uint64_t size = 0;
      if (!TakeVarint(bytes, size) || size > bytes.size()) return false;
      field.bytes = bytes.substr(0, static_cast<size_t>(size));
      bytes.remove_prefix(static_cast<size_t>(size));
      return true;
    }
    case WireType::kFixed32:
      return TakeFixed(bytes, 4, field.value);
  }
  return false;
}

}  // namespace enlace
