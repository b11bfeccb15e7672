#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Byte strings and their texts. Pure.
namespace enlace {

using Hash = std::array<uint8_t, 32>;

inline std::string_view AsView(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}
// REQUIRES: bytes.size() == 32.
Hash HashFromBytes(std::string_view bytes);

std::string HexEncode(std::string_view bytes);
// Lower or upper case; nothing for an odd length or another character.
std::optional<std::string> HexDecode(std::string_view text);
// Standard alphabet with padding, as C2SP notes use it.
std::string Base64Encode(std::string_view bytes);
// Strict: padding required, no white space, canonical trailing bits.
std::optional<std::string> Base64Decode(std::string_view text);

// Big-endian, so that byte order is numeric order in keys.
void AppendU32(std::string& out, uint32_t value);
void AppendU64(std::string& out, uint64_t value);
// REQUIRES: at + 4 (or 8) <= bytes.size().
uint32_t ReadU32(std::string_view bytes, size_t at = 0);
uint64_t ReadU64(std::string_view bytes, size_t at = 0);

// CRC-32C (Castagnoli). `before` is the sum of the bytes in front of these, so that
// Crc32c(b, Crc32c(a)) == Crc32c(a + b).
uint32_t Crc32c(std::string_view bytes, uint32_t before = 0);

}  // namespace enlace
