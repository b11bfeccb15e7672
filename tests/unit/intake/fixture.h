#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "client/intake/importer.h"
#include "node/codes/registry.h"
#include "tests/testing/shared_data.h"
#include "tests/testing/temp_dir.h"

// The project's own lists and mapping tables, loaded once.
namespace enlace::intake {

inline const codes::Registry& TestRegistry() {
  static const auto registry =
      codes::Registry::Load(std::string(ENLACE_SOURCE_DIR) + "/config/codelists");
  EXPECT_TRUE(registry.ok()) << registry.status();
  return **registry;
}

inline const Mappings& TestMappings() {
  static const auto mappings =
      Mappings::Load(std::string(ENLACE_SOURCE_DIR) + "/config/mappings", TestRegistry());
  EXPECT_TRUE(mappings.ok()) << mappings.status();
  return **mappings;
}

inline const Format& Ctdc() { return *TestMappings().Find("ctdc-kanon-2020"); }
inline const Format& Glotip() { return *TestMappings().Find("unodc-glotip-2025"); }

inline uint32_t Code(std::string_view list, std::string_view id) {
  const codes::Code* code = TestRegistry().Get(list).FindId(id);
  EXPECT_NE(code, nullptr) << list << "." << id;
  return code == nullptr ? 0 : code->number;
}

// The columns in the format's own order.
inline Header OwnHeader(const Format& format) {
  std::vector<size_t> positions;
  for (size_t i = 0; i < format.columns.size(); ++i) positions.push_back(i);
  return Header(format, positions);
}

// A record as the reader would deliver it, faults included.
inline CsvRecord RecordOf(const std::vector<std::string>& fields) {
  CsvRecord record;
  record.row = 1;
  record.fields = fields;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!IsUtf8(fields[i]))
      record.faults.push_back({i, CellFault::kInvalidUtf8});
    else if (fields[i].find("\xEF\xBF\xBD") != std::string::npos) {
      record.faults.push_back({i, CellFault::kReplacementCharacter});
    }
  }
  return record;
}

}  // namespace enlace::intake
