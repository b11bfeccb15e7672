#pragma once

#include <string>

#include "enlace/channel/v1/training.pb.h"
#include "node/base/error.h"
#include "node/codes/registry.h"

namespace enlace::views {

inline constexpr size_t kTitleCharactersMax = 200;
inline constexpr size_t kSummaryCharactersMax = 2000;
inline constexpr size_t kContactCharactersMax = 120;
inline constexpr int kProgrammeCodesMax = 50;  // Of one list; also languages of a text.
inline constexpr uint32_t kProgrammeHoursMax = 10'000;

// OK, or one violation per fault (TEXT_INVALID, CODE_UNKNOWN, REQUEST_INVALID), fields as
// paths below "programme". Never echoes a text. Name and revision are not looked at.
Status CheckProgramme(const channel::v1::Programme& programme, const codes::Registry& registry);

// The same of a programme that another node published, perhaps with newer code lists and
// languages: their numbers are not looked up, all limits and rules of texts hold.
Status CheckForeignProgramme(const channel::v1::Programme& programme);

// Sorts texts by language, and codes and languages without repeats, so that equal content is
// equal bytes.
void Canonicalize(channel::v1::Programme& programme);

}  // namespace enlace::views
