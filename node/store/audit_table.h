#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "node/base/bytes.h"
#include "node/store/store.h"

// The audit record (hash-chained, append-only) and the idempotency record. Both are
// written in the same commit as the effect they speak of.
namespace enlace::store {

struct AuditRecord {
  std::string caller;  // SPIFFE URI, or "admin-socket".
  std::string method;
  std::string resource;  // A resource name or a closed word; never a value.
  std::string decision;  // "allow", "deny", or an error reason.
  std::string request_id;
};

// Appends a link to the chain.
Status AppendAudit(Transaction& transaction, const AuditRecord& record);
// Where the chain ends: the hash of its last record (zeros when it is empty) and their number.
struct AuditHead {
  Hash last{};
  uint64_t records = 0;
};
// STORE_CORRUPT.
StatusOr<AuditHead> LoadAuditHead(const Reader& reader);
// Checks the chain from its beginning; STORE_CORRUPT names the first bad link. Returns the count.
StatusOr<uint64_t> VerifyAuditChain(const Reader& reader);

// A request is remembered while it is younger than either of these, so that neither a clock
// that jumps nor a burst of writes alone forgets it.
inline constexpr int64_t kRequestAgeMs = int64_t{30} * 24 * 3600 * 1000;
inline constexpr uint64_t kRequestAgeCommits = 10'000;
// One in so many new ones looks at others, to remove those that are older than both: beginning to
// look cost more than a write. Keys are hashes, so they are any of all; the table settles where one
// in four rows is too old.
inline constexpr size_t kRequestsLookEvery = 16;
inline constexpr size_t kRequestsLookedAtMax = 64;

// What an earlier call with this id made. REQUEST_ID_REUSED when its content was other.
// Nothing for a new, empty or forgotten id.
StatusOr<std::optional<std::string>> FindRequest(const Reader& reader, std::string_view caller,
                                                 std::string_view method,
                                                 std::string_view request_id,
                                                 const Hash& request_hash);
void PutRequest(Transaction& transaction, std::string_view caller, std::string_view method,
                std::string_view request_id, const Hash& request_hash, std::string_view resource);

}  // namespace enlace::store
