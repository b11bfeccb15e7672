#include "node/store/source_keys.h"

#include <fmt/format.h>

#include "node/base/bytes.h"
#include "node/base/check.h"
#include "node/crypto/hash.h"

namespace enlace::store {
namespace {

constexpr size_t kSecretBytes = 32;
constexpr size_t kHashBytes = 16;
// An agency tells its own deliveries apart by these; one that made two ids of equal tags would set
// aside its own rows.
constexpr size_t kDeliveryTagBytes = 8;
constexpr size_t kDeliveryIdBytesMin = 16;

std::string KeyOf(std::string_view entity, std::string_view source_hash) {
  return fmt::format("{}/{}", entity, source_hash);
}

std::string SecretName(std::string_view entity) { return fmt::format("source-key/{}", entity); }

std::string DeliveryTag(std::string_view delivery_id) {
  return std::string(AsView(crypto::Sha256(delivery_id)).substr(0, kDeliveryTagBytes));
}

}  // namespace

StatusOr<std::optional<SourceKeyHasher>> SourceKeyHasher::Load(const Reader& reader,
                                                               std::string_view entity) {
  ENLACE_ASSIGN_OR_RETURN(auto secret, reader.Get(Table::kSecret, SecretName(entity)));
  if (!secret.has_value()) return std::optional<SourceKeyHasher>();
  return std::optional<SourceKeyHasher>(SourceKeyHasher(*std::move(secret)));
}

StatusOr<SourceKeyHasher> SourceKeyHasher::LoadOrMake(Transaction& transaction,
                                                      std::string_view entity,
                                                      const RandomSource& random) {
  ENLACE_ASSIGN_OR_RETURN(auto hasher, Load(transaction, entity));
  if (hasher.has_value()) return *std::move(hasher);
  std::string secret = random(kSecretBytes);
  transaction.Put(Table::kSecret, SecretName(entity), secret);
  return SourceKeyHasher(std::move(secret));
}

std::string SourceKeyHasher::Hash(std::string_view source_key) const {
  ENLACE_CHECK(!source_key.empty() && source_key.size() <= kSourceKeyBytesMax);
  return std::string(AsView(crypto::HmacSha256(secret_, source_key)).substr(0, kHashBytes));
}

bool SourceKeyRow::NamedBy(std::string_view delivery_id) const {
  return delivery.size() == kDeliveryTagBytes ? delivery == DeliveryTag(delivery_id)
                                              : delivery == delivery_id;
}

bool SourceKeyRow::IsOf(const StoredCase& stored) const {
  return record ==
         (record.size() == kRevisionKeyBytes ? stored.first_key : stored.record.reference);
}

// Told apart by their length: a key and no tag or one of 8 bytes (12 or 20), and of earlier
// programs a reference and no id of a delivery or one of 16 to 64 (16, 32 to 80).
StatusOr<std::optional<SourceKeyRow>> FindBySourceKey(const Reader& reader, std::string_view entity,
                                                      std::string_view source_hash) {
  ENLACE_ASSIGN_OR_RETURN(const auto value,
                          reader.Get(Table::kCaseBySourceKey, KeyOf(entity, source_hash)));
  if (!value.has_value()) return std::optional<SourceKeyRow>();
  const size_t size = value->size();
  const bool has_key = size == kRevisionKeyBytes || size == kRevisionKeyBytes + kDeliveryTagBytes;
  if (!has_key && size != kReferenceBytes && size < kReferenceBytes + kDeliveryIdBytesMin) {
    return Error(Reason::STORE_CORRUPT,
                 "a row of table case_by_source_key does not decode; run enlaced verify");
  }
  const size_t record_bytes = has_key ? kRevisionKeyBytes : kReferenceBytes;
  return std::optional<SourceKeyRow>({value->substr(0, record_bytes), value->substr(record_bytes)});
}

StatusOr<StoredCase> LoadCaseOf(const Reader& reader, const SourceKeyRow& row) {
  std::string reference = row.record;
  if (row.record.size() == kRevisionKeyBytes) {
    ENLACE_ASSIGN_OR_RETURN(StoredCase first, LoadCaseRevision(reader, row.record));
    reference = std::move(first.record.reference);
  }
  auto last = LoadStoredCase(reader, reference);
  if (last.ok() || ReasonOf(last.status()) != Reason::CASE_NOT_FOUND) return last;
  return Error(Reason::STORE_CORRUPT,
               "a row of table case_by_source_key names no record; run enlaced verify");
}

void PutSourceKey(Transaction& transaction, std::string_view entity, std::string_view source_hash,
                  std::string_view first_key, std::string_view delivery_id) {
  ENLACE_CHECK(first_key.size() == kRevisionKeyBytes);
  std::string value(first_key);
  if (!delivery_id.empty()) value += DeliveryTag(delivery_id);
  transaction.Put(Table::kCaseBySourceKey, KeyOf(entity, source_hash), value);
}

}  // namespace enlace::store
