#include "node/kv/engine.h"

#include <fmt/format.h>

#include "node/base/check.h"
#include "node/kv/limits.h"

namespace enlace::kv {
namespace {

Status CheckKey(std::string_view key) {
  if (key.empty() || key.size() > kKeyBytesMax) {
    return Error(Reason::STORE_LIMIT,
                 fmt::format("a key has {} bytes; 1 to {} are allowed", key.size(), kKeyBytesMax));
  }
  return absl::OkStatus();
}

Status CheckValue(const std::optional<std::string>& value) {
  if (value && value->size() > kValueBytesMax) {
    return Error(Reason::STORE_LIMIT, fmt::format("a value has {} bytes; at most {} are allowed",
                                                  value->size(), kValueBytesMax));
  }
  return absl::OkStatus();
}

size_t Bytes(std::string_view key, const std::optional<std::string>& value) {
  return key.size() + (value ? value->size() : 0);
}

}  // namespace

KeyRange PrefixRange(std::string_view prefix) {
  std::string limit(prefix);
  while (!limit.empty() && static_cast<uint8_t>(limit.back()) == 0xff) limit.pop_back();
  if (!limit.empty()) limit.back() = static_cast<char>(static_cast<uint8_t>(limit.back()) + 1);
  return {std::string(prefix), std::move(limit)};
}

Status CheckLimits(const Batch& batch, size_t table_count) {
  size_t bytes = 0;
  for (const Precondition& condition : batch.preconditions) {
    ENLACE_CHECK(condition.table < table_count);
    ENLACE_RETURN_IF_ERROR(CheckKey(condition.key));
    ENLACE_RETURN_IF_ERROR(CheckValue(condition.expected));
    bytes += Bytes(condition.key, condition.expected);
  }
  for (const Mutation& mutation : batch.mutations) {
    ENLACE_CHECK(mutation.table < table_count);
    ENLACE_RETURN_IF_ERROR(CheckKey(mutation.key));
    ENLACE_RETURN_IF_ERROR(CheckValue(mutation.value));
    bytes += Bytes(mutation.key, mutation.value);
  }
  if (bytes > kBatchBytesMax) {
    return Error(Reason::STORE_LIMIT, fmt::format("a batch has {} bytes; at most {} are allowed",
                                                  bytes, kBatchBytesMax));
  }
  return absl::OkStatus();
}

}  // namespace enlace::kv
