#include "node/store/envelope.h"

#include <fmt/format.h>

#include "node/base/bytes.h"

namespace enlace::store {
namespace {

constexpr char kVersion = 1;
constexpr uint32_t kNotSealed = 0;

uint32_t Checksum(Table table, std::string_view key, std::string_view value) {
  const auto number = static_cast<uint16_t>(table);
  const char frame[] = {static_cast<char>(number >> 8), static_cast<char>(number & 0xff),
                        static_cast<char>(key.size() >> 8 & 0xff),
                        static_cast<char>(key.size() & 0xff)};
  return Crc32c(value, Crc32c(key, Crc32c({frame, sizeof(frame)})));
}

Status Corrupt(Table table, std::string_view what) {
  return Error(Reason::STORE_CORRUPT,
               fmt::format("a stored value of table {} {}; stop the node, keep the data directory "
                           "and restore a backup (`enlaced restore`)",
                           TableNames().at(static_cast<size_t>(table)), what));
}

}  // namespace

std::string WrapValue(Table table, std::string_view key, std::string_view value) {
  std::string stored;
  stored.reserve(kEnvelopeBytes + value.size());
  stored.push_back(kVersion);
  AppendU32(stored, kNotSealed);
  AppendU32(stored, Checksum(table, key, value));
  stored.append(value);
  return stored;
}

StatusOr<std::string_view> UnwrapValue(Table table, std::string_view key, std::string_view stored) {
  if (stored.size() < kEnvelopeBytes) return Corrupt(table, "is shorter than its envelope");
  if (stored[0] != kVersion) return Corrupt(table, "has an envelope of another version");
  if (ReadU32(stored, 1) != kNotSealed) return Corrupt(table, "is sealed by an unknown key");
  const std::string_view value = stored.substr(kEnvelopeBytes);
  if (ReadU32(stored, 5) != Checksum(table, key, value)) {
    return Corrupt(table, "does not match its checksum");
  }
  return value;
}

}  // namespace enlace::store
