#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "node/base/bytes.h"
#include "node/base/error.h"
#include "node/crypto/ed25519.h"

// C2SP signed notes with a tlog-checkpoint body: "<origin>\n<size>\n<base64 root>\n",
// an empty line, then signature lines. Ed25519 signatures have type 0x01; a key's id is
// the first 4 bytes of SHA-256(name || 0x0A || 0x01 || public key). The key name is the
// origin itself. Pure.
namespace enlace::channel {

inline constexpr size_t kNoteBytesMax = 16 << 10;
inline constexpr size_t kNoteSignaturesMax = 64;

struct Checkpoint {
  std::string origin;
  uint64_t size = 0;
  Hash root{};
  bool operator==(const Checkpoint&) const = default;
};

// The note text with one signature by the owner.
std::string SignCheckpoint(const Checkpoint& checkpoint, const crypto::SigningKey& key);

// The checkpoint, if the note is well formed, of `origin`, and signed by `key`.
// CHECKPOINT_INVALID otherwise. Signature lines of other keys are ignored, as are extension
// lines after the root; both stay in the note, which is kept verbatim.
StatusOr<Checkpoint> OpenCheckpoint(std::string_view note, std::string_view origin,
                                    const crypto::PublicKey& key);

// "<name>+<key id in hex>+<base64(0x01 || key)>": the verifier key text that other tools take.
std::string VerifierKeyText(std::string_view name, const crypto::PublicKey& key);

// The reverse. KEY_INVALID unless name, id and key fit each other.
struct VerifierKey {
  std::string name;
  crypto::PublicKey key{};
};
StatusOr<VerifierKey> ParseVerifierKey(std::string_view text);

}  // namespace enlace::channel
