#pragma once

#include <span>
#include <string>
#include <vector>

#include "node/base/error.h"
#include "node/codes/registry.h"
#include "node/model/case_record.h"
#include "node/model/observation.h"

// Counts of case records in the shape of the official questionnaire: detected victims by
// form of exploitation, sex and age, with all totals. Pure.
//
// Totals count each record once; a form counts each record that affirms it, so forms may
// add up to more than the total. A record whose form covers several official forms, or
// none, is in the totals only. Every year asked for has the whole grid, zeros included: an
// absent figure would be read as one.
//
// Presumed and identified victims are different populations. Identified ones are counted,
// and records whose source does not collect the status: such an agency keeps records of the
// victims that it identified (CTDC holds no others). Presumed victims are not counted, nor
// records that say "unknown" or "not applicable", whose agency does tell the two apart.
namespace enlace::release {

bool IsIdentifiedVictim(const model::CaseContent& record, const codes::Registry& registry);

// 0 is the year of the first or of the last record.
struct YearRange {
  uint32_t from = 0;
  uint32_t to = 0;
};

struct CaseCounts {
  std::vector<model::Observation> figures;  // None when no record counts.
  std::vector<uint32_t> years_without;      // Covered, and no record is of them; ascending.
};

// The figures of those records that the caller chose (active ones of the years) which are
// of identified victims. They carry `entity` as their owner.
CaseCounts CountCases(std::span<const model::CaseContent> cases, const codes::Registry& registry,
                      const std::string& entity, const YearRange& years = {});

}  // namespace enlace::release
