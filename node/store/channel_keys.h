#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "node/base/bytes.h"
#include "node/kv/engine.h"

// Keys of the channel tables; docs/STORAGE_FORMAT.md. Pure.
namespace enlace::store {

// origin NUL number: entries by sequence, checkpoints by size.
inline std::string ChannelKey(std::string_view origin, uint64_t number) {
  std::string key(origin);
  key += '\0';
  AppendU64(key, number);
  return key;
}

inline kv::KeyRange ChannelRange(std::string_view origin, uint64_t first, uint64_t limit) {
  return {ChannelKey(origin, first), ChannelKey(origin, limit)};
}

// origin NUL level index: subtrees.
inline std::string ChannelNodeKey(std::string_view origin, int level, uint64_t index) {
  std::string key(origin);
  key += '\0';
  key += static_cast<char>(level);
  AppendU64(key, index);
  return key;
}

// The number at the end of a key made by ChannelKey.
inline uint64_t NumberOfKey(std::string_view key) { return ReadU64(key, key.size() - 8); }

// Subtrees below this level are hashed again from headers when a proof needs them.
inline constexpr int kStoredNodeLevelMin = 6;

}  // namespace enlace::store
