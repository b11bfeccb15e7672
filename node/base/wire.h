#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The wire format of protobuf, for the few places where a message for each of many records would
// cost more than all else that is done with them. Pure.
namespace enlace {

inline constexpr size_t kVarintBytesMax = 10;  // Of 64 bits.

inline void AppendVarint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

inline size_t VarintBytes(uint64_t value) {
  size_t bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}

// Takes a number from the front of `bytes`. False, with `bytes` as they were, when they do not
// begin with one of at most 64 bits.
inline bool TakeVarint(std::string_view& bytes, uint64_t& value) {
  if (!bytes.empty() && static_cast<uint8_t>(bytes[0]) < 0x80) {  // As most are.
    value = static_cast<uint8_t>(bytes[0]);
    bytes.remove_prefix(1);
    return true;
  }
  uint64_t taken = 0;
  for (size_t i = 0; i < bytes.size() && i < kVarintBytesMax; ++i) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    if (i == kVarintBytesMax - 1 && byte > 1) return false;
    taken |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte >= 0x80) continue;
    value = taken;
    bytes.remove_prefix(i + 1);
    return true;
  }
  return false;
}

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// One field of a message, its value as it came.
struct WireField {
  uint32_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t value = 0;      // Of the others; of a fixed width its bits.
  std::string_view bytes;  // Of kBytes: bytes, texts, messages and packed lists.
};

// Takes a field from the front of `bytes`, which are not empty. False when there is none; `bytes`
// and `field` are in any state then. Groups are none: no message of ours has any.
bool TakeField(std::string_view& bytes, WireField& field);

}  // namespace enlace
