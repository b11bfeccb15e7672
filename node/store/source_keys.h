#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "node/store/case_table.h"
#include "node/store/store.h"

// Which record a source's own key stands for. The keys themselves are not kept: a row is found by
// an HMAC of the key under a secret of its entity.
namespace enlace::store {

inline constexpr size_t kSourceKeyBytesMax = 128;

// The secret under which an entity's keys are hashed.
class SourceKeyHasher {
 public:
  // Nothing when the entity has no secret yet.
  static StatusOr<std::optional<SourceKeyHasher>> Load(const Reader& reader,
                                                       std::string_view entity);
  // Makes the secret on first use.
  static StatusOr<SourceKeyHasher> LoadOrMake(Transaction& transaction, std::string_view entity,
                                              const RandomSource& random);
  // 16 bytes. REQUIRES: 1 to kSourceKeyBytesMax bytes.
  std::string Hash(std::string_view source_key) const;

 private:
  explicit SourceKeyHasher(std::string secret) : secret_(std::move(secret)) {}
  std::string secret_;
};

// What is stored under a hash.
struct SourceKeyRow {
  // Key of the record's first revision; its reference in rows of earlier programs.
  std::string record;
  // Tells which delivery named the key last; empty when none did.
  std::string delivery;

  bool NamedBy(std::string_view delivery_id) const;
  bool IsOf(const StoredCase& stored) const;
};
StatusOr<std::optional<SourceKeyRow>> FindBySourceKey(const Reader& reader, std::string_view entity,
                                                      std::string_view source_hash);
// The last revision of the record. STORE_CORRUPT when there is none.
StatusOr<StoredCase> LoadCaseOf(const Reader& reader, const SourceKeyRow& row);

// `first_key` is that of the record's first revision.
void PutSourceKey(Transaction& transaction, std::string_view entity, std::string_view source_hash,
                  std::string_view first_key, std::string_view delivery_id = "");

}  // namespace enlace::store
