#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "node/store/store.h"

// Own programmes in the store: the last revision under its name, as the bytes that the
// training channel carries.
namespace enlace::store {

struct ProgrammeRow {
  std::string programme;  // Serialised channel.v1.Programme.
  bool withdrawn = false;
  std::string audience;
  uint64_t sequence = 0;  // Of the last entry about it in the training channel.
  bool operator==(const ProgrammeRow&) const = default;
};

// Nothing when there is no such programme.
StatusOr<std::optional<ProgrammeRow>> LoadProgramme(const Reader& reader, std::string_view name);
void PutProgramme(Transaction& transaction, std::string_view name, const ProgrammeRow& programme);

}  // namespace enlace::store
