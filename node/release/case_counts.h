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
// none, is in the totals only. Every year between the first and the last record has the
// whole grid, zeros included: an absent figure would be read as one.
namespace enlace::release {

// The figures of the records that the caller chose (active ones, of any entity). They carry
// `entity` as their owner.
std::vector<model::Observation> CountCases(std::span<const model::CaseContent> cases,
                                           const codes::Registry& registry,
                                           const std::string& entity);

}  // namespace enlace::release
