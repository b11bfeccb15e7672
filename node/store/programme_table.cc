#include "node/store/programme_table.h"

#include "enlace/storage/v1/records.pb.h"
#include "node/store/row_codec.h"

namespace enlace::store {

StatusOr<std::optional<ProgrammeRow>> LoadProgramme(const Reader& reader, std::string_view name) {
  if (name.empty() || name.size() > kv::kKeyBytesMax) return std::optional<ProgrammeRow>();
  ENLACE_ASSIGN_OR_RETURN(const auto bytes, reader.Get(Table::kProgramme, name));
  if (!bytes.has_value()) return std::optional<ProgrammeRow>();
  storage::v1::StoredProgramme row;
  ENLACE_RETURN_IF_ERROR(ParseRow(*bytes, "programme", row));
  return std::optional<ProgrammeRow>(
      {row.programme(), row.withdrawn(), row.audience(), row.sequence()});
}

void PutProgramme(Transaction& transaction, std::string_view name, const ProgrammeRow& programme) {
  storage::v1::StoredProgramme row;
  row.set_programme(programme.programme);
  row.set_withdrawn(programme.withdrawn);
  row.set_audience(programme.audience);
  row.set_sequence(programme.sequence);
  transaction.Put(Table::kProgramme, name, SerializeRow(row));
}

}  // namespace enlace::store
