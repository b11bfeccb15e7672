#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "node/crypto/ed25519.h"
#include "node/store/store.h"

// Reads everything that a node has stored again and checks it: engine checksums and rows,
// the audit chain, and every channel's entries against its owner's signed checkpoint. Used
// by `enlaced verify` on a stopped node and by AdminService on a running one.
namespace enlace::service {

inline constexpr size_t kFindingsMax = 1000;

struct StoreVerification {
  uint64_t rows = 0;
  uint64_t audit_records = 0;
  uint64_t channels = 0;
  uint64_t entries = 0;
  uint64_t payloads = 0;              // Checked against the commitment in their header.
  std::vector<std::string> findings;  // What does not hold, without values; at most kFindingsMax.
};

// The owner's key of a channel; nothing when it is not known.
using KeyOfChannel = std::function<std::optional<crypto::PublicKey>(const std::string& origin)>;

// Never fails: what cannot be read is a finding. `stopped` is asked at each row; once it says true,
// the rest is left out, as a finding.
StoreVerification VerifyStored(
    store::Store& store, const KeyOfChannel& key_of,
    const std::function<bool()>& stopped = [] { return false; });

// The same over rows that no store serves, such as those of a backup.
StoreVerification VerifyRead(
    const store::Reader& reader, const KeyOfChannel& key_of,
    const std::function<bool()>& stopped = [] { return false; });

}  // namespace enlace::service
