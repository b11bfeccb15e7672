#pragma once

#include <string>
#include <string_view>

#include "enlace/channel/v1/statistics.pb.h"
#include "node/base/bytes.h"
#include "node/base/error.h"
#include "node/release/official_table.h"

// The bytes of a release: made once, previewed, hashed, approved and published unchanged,
// and checked by everybody who reads them from a channel. Pure.
namespace enlace::release {

inline constexpr uint32_t kReleaseYearMin = 1990;
inline constexpr uint32_t kReleaseYearMax = 2100;
inline constexpr int kReleaseEntitiesMax = 64;

// Puts the table's figures into `content`. Its order is the table's.
void SetFigures(const OfficialTable& table, channel::v1::ReleaseContent& content);

// The serialised content; equal contents give equal bytes.
std::string ContentBytes(const channel::v1::ReleaseContent& content);

Hash ContentHash(std::string_view bytes);

// The content, if it is well formed: a name of its own jurisdiction, a known method, years
// in order, figures sorted and each once, in its years, with a known status, no value
// beside one that is hidden and none above model::kObservationValueMax, entities as ids in
// order. ENTRY_INVALID otherwise.
StatusOr<channel::v1::ReleaseContent> ParseContent(std::string_view bytes);

// The content of a published release whose hash matches, that names two different keys and
// a day of publication.
// ENTRY_INVALID otherwise.
StatusOr<channel::v1::ReleaseContent> OpenRelease(const channel::v1::Release& release);

model::FigureKey KeyOf(const channel::v1::Figure& figure);

}  // namespace enlace::release
