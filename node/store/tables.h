#pragma once

#include <string_view>
#include <vector>

#include "node/kv/engine.h"

// The tables of the store. Order is format: append only. Keys and values of each are
// described in docs/STORAGE_FORMAT.md and pinned by golden vectors.
namespace enlace::store {

enum class Table : kv::TableId {
  kMeta = 0,         // "store" -> StoreMeta; "commit" -> last commit sequence;
                     // "audit" -> hash of the last audit record (32) + their count (u64);
                     // "signing_closed" -> instance id (16) that adopting replaced.
  kCaseRevision,     // commit sequence (u64) + index (u32) -> StoredCaseRevision
  kCaseByReference,  // reference (16) + revision (u32) -> key in kCaseRevision
  kCaseBySourceKey,  // entity "/" HMAC (16) -> reference (16), delivery that named it last
  kObservation,      // entity "/" figure key (6 x u32) -> StoredObservation
  kBatch,            // entity "/" batch id -> StoredBatch
  kBatchRow,         // entity "/" batch id "/" row (u64) -> StoredBatchRow
  kQuarantine,       // entity "/" batch id "/" row (u64) -> column NUL reason
  kRequest,          // SHA-256(caller, method, request id) -> StoredRequest
  kProgramme,        // name -> StoredProgramme
  kRelease,          // commit sequence (u64) + index (u32) -> StoredRelease
  kReleaseByName,    // name -> key in kRelease
  kChannel,          // origin -> StoredChannel
  kEntryHeader,      // origin NUL sequence (u64) -> header bytes
  kEntryPayload,     // origin NUL sequence (u64) -> StoredPayload
  kCheckpoint,       // origin NUL size (u64) -> StoredCheckpoint
  kAudit,            // commit sequence (u64) + index (u32) -> StoredAudit
  kSecret,           // name -> key material of this node (sealed later)
  kChannelNode,      // origin NUL level (u8) index (u64) -> hash of a perfect subtree
  kCount,
};

// Names of the column families, by Table number.
std::vector<std::string> TableNames();

}  // namespace enlace::store
