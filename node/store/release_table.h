#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/bytes.h"
#include "node/store/store.h"

// Releases in the store: one row each in the order of preparation, found by name through
// an index. The content is kept as the bytes that were previewed, never encoded again.
namespace enlace::store {

// Numbers as in enlace.exchange.v1.ReleaseView.State.
enum class ReleaseState : uint32_t {
  kPrepared = 1,
  kApproved = 2,
  kPublished = 3,
  kWithdrawn = 4,
  kSuperseded = 5,
};

struct ReleaseRow {
  std::string name;
  ReleaseState state = ReleaseState::kPrepared;
  std::string content;  // Serialised channel.v1.ReleaseContent.
  std::string preparer;
  Hash preparer_fingerprint{};
  std::string approver;  // Empty before approval, with a fingerprint of zeros.
  Hash approver_fingerprint{};
  std::string released_on;
  uint64_t sequence = 0;
  uint64_t suppressed_primary = 0;
  uint64_t suppressed_complementary = 0;
  std::vector<std::string> warnings;
  uint32_t source = 0;
  bool operator==(const ReleaseRow&) const = default;
};

// Stores a new release under the next key in commit order.
void AddRelease(Transaction& transaction, const ReleaseRow& release);
// Nothing when there is no such release.
StatusOr<std::optional<ReleaseRow>> LoadRelease(const Reader& reader, std::string_view name);
// Replaces the row of a release. RELEASE_NOT_FOUND when there is none.
Status ReplaceRelease(Transaction& transaction, const ReleaseRow& release);
// In order of preparation, from the one after `cursor` (empty: the first); false from
// `visit` stops. `cursor` is the key that `visit` was given.
Status ScanReleases(const Reader& reader, std::string_view cursor,
                    const std::function<bool(std::string_view key, const ReleaseRow&)>& visit);

}  // namespace enlace::store
