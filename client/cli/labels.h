#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/error.h"
#include "node/codes/registry.h"
#include "node/model/case_record.h"

// Codes as people write and read them.
namespace enlace::cli {

// The label in `language`; "[id]" where the list has no label in it, never another
// language's; "[number]" for a code that the list does not have.
std::string CodeLabel(const codes::CodeList& list, uint32_t number, std::string_view language);

// "unknown", "not collected", "not applicable" in `language`.
std::string MissingLabel(model::Missing missing, std::string_view language);
// A word of this program's tables in `language`; the English one must be known.
std::string Word(std::string_view english, std::string_view language);

// The code that `text` names: its id, its number, for countries also alpha-2 and alpha-3 in
// any case, or an unambiguous end of its id after "_" ("18_20" for "age_18_20").
// CODE_UNKNOWN names list and, where there are few, the ids.
StatusOr<uint32_t> ParseCode(const codes::CodeList& list, std::string_view text);

// Letters a to z as capitals: codes of jurisdictions are typed in both.
std::string Upper(std::string_view text);

// "1 row", "2 rows".
std::string Counted(uint64_t count, std::string_view one, std::string_view several);

// Text between separators; empty parts are kept.
std::vector<std::string> Split(std::string_view text, char separator);

}  // namespace enlace::cli
