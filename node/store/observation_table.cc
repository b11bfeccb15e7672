#include "node/store/observation_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "enlace/storage/v1/records.pb.h"
#include "node/base/bytes.h"
#include "node/store/row_codec.h"

namespace enlace::store {
namespace {

namespace pb = enlace::storage::v1;
using model::FigureKey;
using model::Observation;
using model::ObservationStatus;

constexpr size_t kFigureKeyBytes = 24;

Status Corrupt() {
  return Error(Reason::STORE_CORRUPT,
               "a key of table observation does not decode; run enlaced verify");
}

std::string Encode(const StoredFigure& figure) {
  const Observation& observation = figure.observation;
  pb::StoredObservation row;
  row.set_codelist_version(observation.codelist_version);
  row.set_status(static_cast<uint32_t>(observation.status));
  row.set_value(observation.value);
  row.set_revision(observation.revision);
  row.set_update_time_ms(observation.update_time_ms);
  row.set_batch_id(observation.batch_id);
  for (const auto& candidate : observation.candidates) {
    auto& stored = *row.add_candidates();
    stored.set_row(candidate.row);
    stored.set_status(static_cast<uint32_t>(candidate.status));
    stored.set_value(candidate.value);
  }
  row.set_row(figure.row);
  return SerializeRow(row);
}

// Entity and figure key are in the row's key alone.
StatusOr<StoredFigure> Decode(std::string_view key, std::string_view bytes) {
  const size_t slash = key.find('/');
  if (slash == std::string_view::npos || key.size() != slash + 1 + kFigureKeyBytes) {
    return Corrupt();
  }
  pb::StoredObservation row;
  ENLACE_RETURN_IF_ERROR(ParseRow(bytes, "observation", row));
  StoredFigure figure;
  Observation& observation = figure.observation;
  observation.entity = std::string(key.substr(0, slash));
  const std::string_view numbers = key.substr(slash + 1);
  observation.key = {ReadU32(numbers, 0),  ReadU32(numbers, 4),  ReadU32(numbers, 8),
                     ReadU32(numbers, 12), ReadU32(numbers, 16), ReadU32(numbers, 20)};
  observation.codelist_version = row.codelist_version();
  observation.status = static_cast<ObservationStatus>(row.status());
  observation.value = row.value();
  observation.revision = row.revision();
  observation.update_time_ms = row.update_time_ms();
  observation.batch_id = row.batch_id();
  for (const auto& candidate : row.candidates()) {
    observation.candidates.push_back(
        {candidate.row(), static_cast<ObservationStatus>(candidate.status()), candidate.value()});
  }
  figure.row = row.row();
  return figure;
}

kv::KeyRange EntityRange(std::string_view entity) {
  return entity.empty() ? kv::KeyRange{} : kv::PrefixRange(fmt::format("{}/", entity));
}

bool Passes(const Observation& observation, const FigureListOptions& options) {
  return (options.indicator == 0 || observation.key.indicator == options.indicator) &&
         (options.year == 0 || observation.key.year == options.year);
}

// Everyone who has figures; their number is that of the reporting agencies of one state.
StatusOr<std::vector<std::string>> Entities(const Reader& reader) {
  std::vector<std::string> entities;
  kv::KeyRange range;
  for (size_t before = 1; before > 0;) {
    before = 0;
    ENLACE_RETURN_IF_ERROR(reader.Scan(Table::kObservation, range,
                                       [&](std::string_view key, std::string_view /*value*/) {
                                         entities.emplace_back(key.substr(0, key.find('/')));
                                         before = entities.back().size();
                                         return false;
                                       }));
    if (before > 0) range.first = kv::PrefixRange(entities.back() + "/").limit;
  }
  return entities;
}

// Whether `own` is in conflict with itself or with what other entities say about its key.
StatusOr<bool> IsInConflict(const Reader& reader, const Observation& own,
                            const std::vector<std::string>& entities) {
  if (own.status == ObservationStatus::kInConflict) return true;
  model::Said said;
  said.Add(own);
  for (const std::string& entity : entities) {
    if (entity == own.entity) continue;
    ENLACE_ASSIGN_OR_RETURN(const auto other, LoadFigure(reader, entity, own.key));
    if (other.has_value()) said.Add(other->observation);
  }
  said.Settle();
  return said.conflict && said.statements.contains({own.status, own.value});
}

}  // namespace

std::string FigureRowKey(std::string_view entity, const FigureKey& key) {
  std::string bytes(entity);
  bytes += '/';
  for (const uint32_t number :
       {key.indicator, key.dimension, key.category, key.sex, key.age, key.year}) {
    AppendU32(bytes, number);
  }
  return bytes;
}

StatusOr<std::optional<StoredFigure>> LoadFigure(const Reader& reader, std::string_view entity,
                                                 const FigureKey& key) {
  const std::string row_key = FigureRowKey(entity, key);
  ENLACE_ASSIGN_OR_RETURN(const auto bytes, reader.Get(Table::kObservation, row_key));
  if (!bytes.has_value()) return std::optional<StoredFigure>();
  ENLACE_ASSIGN_OR_RETURN(StoredFigure figure, Decode(row_key, *bytes));
  return std::optional<StoredFigure>(std::move(figure));
}

void PutFigure(Transaction& transaction, const StoredFigure& figure) {
  transaction.Put(Table::kObservation,
                  FigureRowKey(figure.observation.entity, figure.observation.key), Encode(figure));
}

Status ScanFigures(const Reader& reader, std::string_view entity,
                   const std::function<bool(const Observation&)>& visit) {
  Status fault;
  ENLACE_RETURN_IF_ERROR(reader.Scan(Table::kObservation, EntityRange(entity),
                                     [&](std::string_view key, std::string_view value) {
                                       const auto figure = Decode(key, value);
                                       if (!figure.ok()) {
                                         fault = figure.status();
                                         return false;
                                       }
                                       return visit(figure->observation);
                                     }));
  return fault;
}

StatusOr<FigurePage> ListFigures(const Reader& reader, const FigureListOptions& options) {
  kv::KeyRange range = EntityRange(options.entity);
  if (!options.cursor.empty()) range.first = std::max(range.first, options.cursor);
  std::vector<std::string> entities;
  if (options.in_conflict_only && options.entity.empty()) {
    ENLACE_ASSIGN_OR_RETURN(entities, Entities(reader));
  }
  FigurePage page;
  size_t scanned = 0;
  Status fault;
  ENLACE_RETURN_IF_ERROR(
      reader.Scan(Table::kObservation, range, [&](std::string_view key, std::string_view value) {
        if (scanned >= options.rows_scanned_max ||
            page.observations.size() == options.figures_max) {
          page.next_cursor = std::string(key);
          return false;
        }
        ++scanned;
        auto figure = Decode(key, value);
        if (!figure.ok()) {
          fault = figure.status();
          return false;
        }
        if (!Passes(figure->observation, options)) return true;
        if (options.in_conflict_only) {
          const auto conflict = IsInConflict(reader, figure->observation, entities);
          if (!conflict.ok()) {
            fault = conflict.status();
            return false;
          }
          scanned += entities.size();  // Each is looked at once more.
          if (!*conflict) return true;
        }
        page.observations.push_back(std::move(figure->observation));
        return true;
      }));
  ENLACE_RETURN_IF_ERROR(fault);
  return page;
}

}  // namespace enlace::store
