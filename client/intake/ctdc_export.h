#pragma once

#include <string>
#include <string_view>

#include "client/intake/case_mapper.h"
#include "node/base/error.h"

// Case records of the own entity as a file of a case format (CTDC's 63 columns): what
// was imported from such a file comes out as it went in, cell by cell. The joined labels
// come out in the format's own order. Not thread-safe.
namespace enlace::intake {

class CaseExporter {
 public:
  // `format` and `registry` must outlive the exporter.
  CaseExporter(const Format& format, const codes::Registry& registry)
      : format_(format), mapper_(format, registry, "") {}

  // The header with its line end.
  std::string HeaderRow() const;
  // One record with its line end.
  std::string Row(const model::CaseContent& content) const;

 private:
  const Format& format_;
  CaseMapper mapper_;
};

}  // namespace enlace::intake
