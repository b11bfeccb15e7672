#include "node/store/release_table.h"

#include "enlace/storage/v1/records.pb.h"
#include "node/store/row_codec.h"

namespace enlace::store {
namespace {

std::string Encode(const ReleaseRow& release) {
  storage::v1::StoredRelease row;
  row.set_name(release.name);
  row.set_state(static_cast<uint32_t>(release.state));
  row.set_content(release.content);
  row.set_preparer(release.preparer);
  row.set_preparer_fingerprint(std::string(AsView(release.preparer_fingerprint)));
  row.set_approver(release.approver);
  if (!release.approver.empty()) {
    row.set_approver_fingerprint(std::string(AsView(release.approver_fingerprint)));
  }
  row.set_released_on(release.released_on);
  row.set_sequence(release.sequence);
  row.set_suppressed_primary(release.suppressed_primary);
  row.set_suppressed_complementary(release.suppressed_complementary);
  for (const std::string& warning : release.warnings) row.add_warnings(warning);
  row.set_source(release.source);
  return SerializeRow(row);
}

StatusOr<ReleaseRow> Decode(std::string_view bytes) {
  storage::v1::StoredRelease row;
  ENLACE_RETURN_IF_ERROR(ParseRow(bytes, "release", row));
  const bool approved = !row.approver().empty();
  if (row.preparer_fingerprint().size() != sizeof(Hash) ||
      (approved && row.approver_fingerprint().size() != sizeof(Hash))) {
    return Error(Reason::STORE_CORRUPT,
                 "a row of table release does not decode; run enlaced verify");
  }
  ReleaseRow release;
  release.name = row.name();
  release.state = static_cast<ReleaseState>(row.state());
  release.content = row.content();
  release.preparer = row.preparer();
  release.preparer_fingerprint = HashFromBytes(row.preparer_fingerprint());
  release.approver = row.approver();
  if (approved) release.approver_fingerprint = HashFromBytes(row.approver_fingerprint());
  release.released_on = row.released_on();
  release.sequence = row.sequence();
  release.suppressed_primary = row.suppressed_primary();
  release.suppressed_complementary = row.suppressed_complementary();
  release.warnings.assign(row.warnings().begin(), row.warnings().end());
  release.source = row.source();
  return release;
}

}  // namespace

void AddRelease(Transaction& transaction, const ReleaseRow& release) {
  std::string key;
  AppendU64(key, transaction.commit_sequence());
  AppendU32(key, transaction.NextIndex());
  transaction.Put(Table::kRelease, key, Encode(release));
  transaction.Put(Table::kReleaseByName, release.name, key);
}

StatusOr<std::optional<ReleaseRow>> LoadRelease(const Reader& reader, std::string_view name) {
  if (name.empty() || name.size() > kv::kKeyBytesMax) return std::optional<ReleaseRow>();
  ENLACE_ASSIGN_OR_RETURN(const auto key, reader.Get(Table::kReleaseByName, name));
  if (!key.has_value()) return std::optional<ReleaseRow>();
  ENLACE_ASSIGN_OR_RETURN(const auto bytes, reader.Get(Table::kRelease, *key));
  if (!bytes.has_value()) {
    return Error(Reason::STORE_CORRUPT,
                 "table release_by_name points at no row; run enlaced verify");
  }
  ENLACE_ASSIGN_OR_RETURN(ReleaseRow release, Decode(*bytes));
  return std::optional<ReleaseRow>(std::move(release));
}

Status ReplaceRelease(Transaction& transaction, const ReleaseRow& release) {
  ENLACE_ASSIGN_OR_RETURN(const auto key, transaction.Get(Table::kReleaseByName, release.name));
  if (!key.has_value()) return Error(Reason::RELEASE_NOT_FOUND, "there is no such release");
  transaction.Put(Table::kRelease, *key, Encode(release));
  return absl::OkStatus();
}

Status ScanReleases(const Reader& reader, std::string_view cursor,
                    const std::function<bool(std::string_view key, const ReleaseRow&)>& visit) {
  kv::KeyRange range;
  // The first key after the cursor.
  if (!cursor.empty()) range.first = std::string(cursor) + '\0';
  Status decoded;
  ENLACE_RETURN_IF_ERROR(
      reader.Scan(Table::kRelease, range, [&](std::string_view key, std::string_view value) {
        const auto release = Decode(value);
        decoded = release.status();
        return release.ok() && visit(key, *release);
      }));
  return decoded;
}

}  // namespace enlace::store
