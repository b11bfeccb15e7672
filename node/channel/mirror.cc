#include "node/channel/mirror.h"

#include <optional>

namespace enlace::channel {
namespace {

Status InvalidEntry(uint64_t sequence, std::string_view what) {
  return Error(Reason::ENTRY_INVALID,
               "entry " + std::to_string(sequence) + " is refused: " + std::string(what));
}

Status Contradiction() {
  return Error(Reason::CHECKPOINT_INCONSISTENT,
               "the owner signed two checkpoints of this channel that cannot both be true");
}

// Looks at lengths before it copies anything.
StatusOr<std::vector<Hash>> ProofHashes(const std::vector<std::string>& parts) {
  if (parts.size() > kProofHashesMax) {
    return Error(Reason::PROOF_INVALID,
                 "the Merkle proof is refused: it has " + std::to_string(parts.size()) +
                     " hashes, no proof has more than " + std::to_string(kProofHashesMax));
  }
  std::vector<Hash> hashes;
  for (const std::string& part : parts) {
    if (part.size() != Hash().size()) {
      return Error(Reason::PROOF_INVALID, "the Merkle proof is refused: a hash is not 32 bytes");
    }
    hashes.push_back(HashFromBytes(part));
  }
  return hashes;
}

StatusOr<VerifiedEntry> VerifyEntry(const PageEntry& entry, uint64_t expected) {
  if (entry.sequence != expected) {
    return InvalidEntry(expected, "the page has " + std::to_string(entry.sequence) + " there");
  }
  auto header = ParseHeader(entry.header);
  if (!header.ok()) return InvalidEntry(expected, MessageOf(header.status()));
  VerifiedEntry verified;
  verified.sequence = expected;
  verified.header = *std::move(header);
  switch (entry.state) {
    case static_cast<uint32_t>(PayloadState::kPresent): {
      const Status matches = CheckPayload(verified.header, entry.opening, entry.payload);
      if (!matches.ok()) return InvalidEntry(expected, MessageOf(matches));
      verified.state = PayloadState::kPresent;
      verified.payload = entry.payload;
      verified.opening = entry.opening;
      return verified;
    }
    case static_cast<uint32_t>(PayloadState::kWithheld):
      verified.state = PayloadState::kWithheld;
      break;
    case static_cast<uint32_t>(PayloadState::kErased):
      verified.state = PayloadState::kErased;
      break;
    default:
      return InvalidEntry(expected, "its payload state is unknown");
  }
  if (!entry.payload.empty() || !entry.opening.empty()) {
    return InvalidEntry(expected, "it brings a payload that it says is not there");
  }
  return verified;
}

// The entries appended to the held range, and the root at the size of the last checkpoint
// when the page reaches it.
struct Extended {
  CompactRange range;
  std::vector<VerifiedEntry> entries;
  std::optional<Hash> root_at_last;
};

StatusOr<Extended> Extend(const CompactRange& held, const Page& page, uint64_t last_size) {
  if (page.entries.size() > kPageEntriesMax) {
    return Error(Reason::ENTRY_INVALID, "the page has " + std::to_string(page.entries.size()) +
                                            " entries, at most 1000 are taken");
  }
  Extended result;
  result.range = held;
  result.entries.reserve(page.entries.size());
  if (held.size() == last_size) result.root_at_last = held.Root();
  for (const PageEntry& entry : page.entries) {
    ENLACE_ASSIGN_OR_RETURN(VerifiedEntry verified, VerifyEntry(entry, result.range.size()));
    result.range.Append(LeafHash(verified.header.raw));
    result.entries.push_back(std::move(verified));
    if (result.range.size() == last_size) result.root_at_last = result.range.Root();
  }
  return result;
}

// The entries lie under the page's checkpoint.
Status CheckUnder(const CompactRange& range, const Checkpoint& checkpoint, const Page& page) {
  if (range.size() > checkpoint.size) {
    return Error(Reason::PROOF_INVALID, "the page has entries beyond its checkpoint");
  }
  if (range.size() == 0) return absl::OkStatus();
  ENLACE_ASSIGN_OR_RETURN(const auto proof, ProofHashes(page.consistency_proof));
  return VerifyConsistency(range.size(), checkpoint.size, range.Root(), checkpoint.root, proof);
}

// The page's checkpoint grew out of the last one seen.
Status CheckGrowth(const Checkpoint& last, const Checkpoint& now,
                   const std::optional<Hash>& root_at_last, const Page& page) {
  if (root_at_last.has_value()) {
    // Computed from entries that were just shown to lie under the new checkpoint.
    return *root_at_last == last.root ? absl::OkStatus() : Contradiction();
  }
  if (now.size == last.size) return absl::OkStatus();  // Equal roots: checked before.
  ENLACE_ASSIGN_OR_RETURN(const auto proof, ProofHashes(page.checkpoint_proof));
  return VerifyConsistency(last.size, now.size, last.root, now.root, proof);
}

// Damage of our own store must not look like a lie of the owner.
Status CheckHeld(const CompactRange& held, const Checkpoint& last) {
  if (held.size() < last.size) return absl::OkStatus();
  if (held.size() == last.size && held.Root() == last.root) return absl::OkStatus();
  return Error(Reason::STORE_CORRUPT,
               "the entries held do not match the checkpoint that they were verified under");
}

}  // namespace

StatusOr<VerifiedPage> VerifyPage(std::string_view origin, const crypto::PublicKey& key,
                                  const MirrorHead& head, const Page& page) {
  ENLACE_ASSIGN_OR_RETURN(const Checkpoint now, OpenCheckpoint(page.checkpoint, origin, key));
  Checkpoint last{std::string(origin), 0, EmptyRoot()};
  if (!head.checkpoint.empty()) {
    ENLACE_ASSIGN_OR_RETURN(last, OpenCheckpoint(head.checkpoint, origin, key));
  }
  if (now.size < last.size) {
    return Error(Reason::CHECKPOINT_INVALID, "the checkpoint has " + std::to_string(now.size) +
                                                 " entries, an earlier one had " +
                                                 std::to_string(last.size));
  }
  if (now.size == 0 && now.root != EmptyRoot()) {
    return Error(Reason::CHECKPOINT_INVALID, "the checkpoint of an empty log has another root");
  }
  if (now.size == last.size && now.root != last.root) return Contradiction();
  ENLACE_RETURN_IF_ERROR(CheckHeld(head.range, last));
  ENLACE_ASSIGN_OR_RETURN(Extended extended, Extend(head.range, page, last.size));
  ENLACE_RETURN_IF_ERROR(CheckUnder(extended.range, now, page));
  ENLACE_RETURN_IF_ERROR(CheckGrowth(last, now, extended.root_at_last, page));
  return VerifiedPage{
      {std::move(extended.range), page.checkpoint}, std::move(extended.entries), now.size};
}

StatusOr<size_t> EnforceAudience(std::string_view jurisdiction,
                                 std::vector<VerifiedEntry>& entries) {
  size_t dropped = 0;
  for (VerifiedEntry& entry : entries) {
    if (entry.header.schema_version != kHeaderVersion) continue;
    const auto audience = model::Audience::Parse(entry.header.audience);
    const bool entitled = audience.ok() && audience->Includes(jurisdiction);
    if (entitled && entry.state == PayloadState::kWithheld) {
      return InvalidEntry(entry.sequence, "its payload is for this node and is withheld");
    }
    if (entitled || entry.state != PayloadState::kPresent) continue;
    entry.state = PayloadState::kWithheld;
    entry.payload.clear();
    entry.opening.clear();
    ++dropped;
  }
  return dropped;
}

Status CompareCheckpoints(std::string_view origin, const crypto::PublicKey& key,
                          std::string_view first_note, std::string_view second_note) {
  ENLACE_ASSIGN_OR_RETURN(const Checkpoint first, OpenCheckpoint(first_note, origin, key));
  ENLACE_ASSIGN_OR_RETURN(const Checkpoint second, OpenCheckpoint(second_note, origin, key));
  if (first.size == second.size && first.root != second.root) return Contradiction();
  return absl::OkStatus();
}

}  // namespace enlace::channel
