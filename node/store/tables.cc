#include "node/store/tables.h"

#include "node/base/check.h"

namespace enlace::store {

std::vector<std::string> TableNames() {
  std::vector<std::string> names = {
      "meta",        "case_revision", "case_by_reference", "case_by_source_key",
      "observation", "batch",         "batch_row",         "quarantine",
      "request",     "programme",     "release",           "release_by_name",
      "channel",     "entry_header",  "entry_payload",     "checkpoint",
      "audit",       "secret",        "channel_node"};
  ENLACE_CHECK(names.size() == static_cast<size_t>(Table::kCount));
  return names;
}

}  // namespace enlace::store
