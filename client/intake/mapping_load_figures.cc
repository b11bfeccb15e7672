// How a format of official figures is read: coded columns and their categories.
#include <algorithm>

#include "client/intake/mapping_loader.h"
#include "node/model/observation.h"

namespace enlace::intake {

using config::MapReader;

void MappingLoader::ReadCategories(MapReader& top, ObservationFormat& figures) {
  ForEachMap(top.Member("categories", true), "categories", faults_, [&](MapReader& reader) {
    const codes::CodeList* dimensions = FindList(reader, "dimension", "dimension");
    const auto dimension =
        dimensions == nullptr ? std::nullopt : CodeOf(*dimensions, reader.String("dimension"));
    if (!dimension.has_value()) {
      reader.Fault("dimension", "no such code in this version of the list");
      return;
    }
    CategoryTable table;
    const std::string list = model::CategoryList(registry_, *dimension).value_or("");
    if (!list.empty()) {
      table.exact = ReadCells(reader, "cells", list);
      if (reader.Bool("aliases", false)) {
        table.aliases = out_.FindAliases(list);
        if (table.aliases == nullptr) reader.Fault("aliases", "no alias table for this list");
      }
    } else {
      // A dimension without categories: every text listed means "total".
      for (const std::string& text : reader.Strings("total", true)) table.exact.emplace(text, 0);
    }
    if (!figures.categories.emplace(*dimension, std::move(table)).second) {
      reader.Fault("dimension", "stands twice");
    }
  });
}

void MappingLoader::ReadObservations(MapReader& top, ObservationFormat& figures) {
  figures.jurisdiction_column = UseColumn(top, "jurisdiction");
  figures.name_column = UseColumn(top, "country_name");
  MapReader constants(top.Member("constants"), "constants", faults_);
  for (const auto& [column, text] : constants.AllStrings()) {
    UseColumnNamed(constants, column, column);
    figures.constants.emplace(column, text);
  }
  for (const std::string& column : top.Strings("unread")) {
    UseColumnNamed(top, "unread", column);
  }
  const auto coded = [&](const std::string& key, const std::string& list, std::string& column,
                         std::map<std::string, uint32_t, std::less<>>& cells) {
    MapReader reader(top.Member(key, true), key, faults_);
    column = UseColumn(reader, "column");
    cells = ReadCells(reader, "cells", list);
    reader.Finish();
  };
  coded("indicator", "indicator", figures.indicator_column, figures.indicators);
  coded("dimension", "dimension", figures.dimension_column, figures.dimensions);
  coded("sex", "sex", figures.sex_column, figures.sexes);
  coded("age", "age_group", figures.age_column, figures.ages);
  figures.category_column = UseColumn(top, "category");
  figures.year_column = UseColumn(top, "year");
  figures.value_column = UseColumn(top, "value");
  figures.suppressed = top.Strings("suppressed", true);
  figures.places = out_.FindAliases("place");
  if (figures.places == nullptr) top.Fault("country_name", "no alias table of list place");
  ReadCategories(top, figures);
  for (const auto& [text, dimension] : figures.dimensions) {
    if (figures.categories.count(dimension) == 0) {
      top.Fault("categories", "a dimension of this format has no categories");
    }
  }
}

}  // namespace enlace::intake
