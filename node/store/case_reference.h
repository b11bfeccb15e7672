#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "node/crypto/block_cipher.h"
#include "node/store/store.h"

// The reference of a record says where its first revision stands, to this node alone.
//
// It is the key of that row in table case_revision (commit sequence in 6 bytes, index in 3) and
// 7 random bytes of the write, its nonce, enciphered as one block of AES-128 under a key of the
// store. So it looks like 16 random bytes to everybody else, no two are equal, and no index leads
// from references to rows. The row holds the nonce too: a reference that was given out for
// another row, by a store that was put back to an older state since, or by a guess, meets another
// nonce and finds nothing.
//
// Records of earlier programs have references drawn at random and rows in table
// case_by_reference that name their first revision.
namespace enlace::store {

// Random bytes; crypto::RandomBytes outside tests.
using RandomSource = std::function<std::string(size_t)>;

inline constexpr size_t kReferenceBytes = 16;
inline constexpr size_t kNonceBytes = 7;
inline constexpr size_t kRevisionKeyBytes = 12;  // Commit sequence (u64), index (u32).

// Not thread-safe.
class CaseReferences {
 public:
  // Of a store that has no key yet it knows no reference.
  static StatusOr<CaseReferences> Load(const Reader& reader);
  // Makes the key on first use.
  static StatusOr<CaseReferences> LoadOrMake(Transaction& transaction, const RandomSource& random);

  struct Place {
    std::string key;  // In table case_revision.
    std::string nonce;
  };
  // Nothing when there is no key, or when no row has such a key and nonce.
  std::optional<std::string> Reference(std::string_view key, std::string_view nonce);
  // Nothing when it cannot be one of this store. What it names may still not be there.
  std::optional<Place> Find(std::string_view reference);

 private:
  explicit CaseReferences(std::string_view key);
  CaseReferences() = default;

  std::optional<crypto::BlockCipher> cipher_;
};

}  // namespace enlace::store
