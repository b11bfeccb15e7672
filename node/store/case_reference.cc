#include "node/store/case_reference.h"

#include <algorithm>

namespace enlace::store {
namespace {

constexpr std::string_view kKeyName = "case-reference";
// Of the key of a row, what a reference has room for.
constexpr size_t kCommitBytes = 6;
constexpr size_t kIndexBytes = 3;
constexpr size_t kCommitZeros = 8 - kCommitBytes;
constexpr size_t kIndexZeros = 4 - kIndexBytes;
static_assert(kCommitBytes + kIndexBytes + kNonceBytes == crypto::BlockCipher::kBytes);
static_assert(kReferenceBytes == crypto::BlockCipher::kBytes);

bool Fits(std::string_view key) {
  return key.size() == kRevisionKeyBytes && key[0] == 0 && key[1] == 0 && key[8] == 0;
}

}  // namespace

CaseReferences::CaseReferences(std::string_view key) : cipher_(crypto::BlockCipher(key)) {}

StatusOr<CaseReferences> CaseReferences::Load(const Reader& reader) {
  ENLACE_ASSIGN_OR_RETURN(const auto key, reader.Get(Table::kSecret, kKeyName));
  if (!key.has_value()) return CaseReferences();
  if (key->size() != crypto::BlockCipher::kBytes) {
    return Error(Reason::STORE_CORRUPT,
                 "the key of references in table secret is not 16 bytes; run enlaced verify");
  }
  return CaseReferences(*key);
}

StatusOr<CaseReferences> CaseReferences::LoadOrMake(Transaction& transaction,
                                                    const RandomSource& random) {
  ENLACE_ASSIGN_OR_RETURN(auto references, Load(transaction));
  if (references.cipher_.has_value()) return references;
  const std::string key = random(crypto::BlockCipher::kBytes);
  transaction.Put(Table::kSecret, kKeyName, key);
  return CaseReferences(key);
}

std::optional<std::string> CaseReferences::Reference(std::string_view key, std::string_view nonce) {
  if (!cipher_.has_value() || !Fits(key) || nonce.size() != kNonceBytes) return std::nullopt;
  crypto::BlockCipher::Block block;
  auto at = std::copy_n(key.begin() + kCommitZeros, kCommitBytes, block.begin());
  at = std::copy_n(key.begin() + 8 + kIndexZeros, kIndexBytes, at);
  std::copy(nonce.begin(), nonce.end(), at);
  const auto enciphered = cipher_->Encrypt(block);
  return std::string(enciphered.data(), enciphered.size());
}

std::optional<CaseReferences::Place> CaseReferences::Find(std::string_view reference) {
  if (!cipher_.has_value() || reference.size() != kReferenceBytes) return std::nullopt;
  crypto::BlockCipher::Block block;
  std::copy(reference.begin(), reference.end(), block.begin());
  const auto plain = cipher_->Decrypt(block);
  const std::string_view bytes(plain.data(), plain.size());
  Place place;
  place.key.assign(kCommitZeros, '\0');
  place.key += bytes.substr(0, kCommitBytes);
  place.key.append(kIndexZeros, '\0');
  place.key += bytes.substr(kCommitBytes, kIndexBytes);
  place.nonce = bytes.substr(kCommitBytes + kIndexBytes);
  return place;
}

}  // namespace enlace::store
