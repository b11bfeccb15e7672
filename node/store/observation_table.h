#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/model/observation.h"
#include "node/store/store.h"

// Official figures in the store: one row per entity and figure key, holding the last
// revision, and while rows of one delivery disagree, what each of them says.
namespace enlace::store {

// Disagreeing rows kept per figure. Further ones are in conflict as well, but only counted
// in their delivery.
inline constexpr size_t kCandidatesMax = 100;

struct StoredFigure {
  model::Observation observation;
  uint64_t row = 0;  // The row of observation.batch_id that set it; 0 by hand or in conflict.
};

// entity "/" and the six numbers of the key, big-endian: key order is (entity, indicator,
// dimension, category, sex, age, year).
std::string FigureRowKey(std::string_view entity, const model::FigureKey& key);

StatusOr<std::optional<StoredFigure>> LoadFigure(const Reader& reader, std::string_view entity,
                                                 const model::FigureKey& key);
void PutFigure(Transaction& transaction, const StoredFigure& figure);

// Figures in key order; false from `visit` stops. An empty entity is all entities.
Status ScanFigures(const Reader& reader, std::string_view entity,
                   const std::function<bool(const model::Observation&)>& visit);

struct FigurePage {
  std::vector<model::Observation> observations;
  std::string next_cursor;  // Empty at the end and only there.
};
struct FigureListOptions {
  std::string entity;  // Empty is all entities.
  std::string cursor;
  size_t figures_max = 100;
  size_t rows_scanned_max = 20'000;
  uint32_t indicator = 0;  // 0 is all.
  uint32_t year = 0;
  // Figures whose delivery contradicts itself and, over all entities, those about whose key two
  // entities say different things.
  bool in_conflict_only = false;
};
StatusOr<FigurePage> ListFigures(const Reader& reader, const FigureListOptions& options);

}  // namespace enlace::store
