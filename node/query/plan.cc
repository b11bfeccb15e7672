#include "node/query/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace enlace::query {

struct PlanFaults {
  void Add(const std::string& field, std::string text) {
    list.push_back({prefix + field, std::move(text), Reason::TABULATION_INVALID});
  }
  const std::string prefix;
  std::vector<FieldViolation> list;
};

void CaseColumns::Plan::AddAxes(const Columns& columns, const TabulationRequest& request,
                                PlanFaults& faults) {
  if (request.attributes.empty() || request.attributes.size() > kAttributesMax) {
    faults.Add("attributes", fmt::format("expected 1 to {} attributes", kAttributesMax));
  }
  std::set<uint32_t> seen;
  for (size_t i = 0; i < std::min(request.attributes.size(), kAttributesMax); ++i) {
    const uint32_t attribute = request.attributes[i];
    const Axis axis{columns.Single(attribute), columns.Set(attribute)};
    if (axis.single == nullptr && axis.set == nullptr) {
      faults.Add(fmt::format("attributes[{}]", i), "there is no such attribute");
      continue;
    }
    if (!seen.insert(attribute).second) {
      faults.Add(fmt::format("attributes[{}]", i), "the attribute stands twice");
    }
    possible_cells *= axis.slots();
    several_valued = several_valued || axis.set != nullptr;
    axes.push_back(axis);
  }
  uint64_t stride = 1;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    axis->stride = stride;
    stride *= axis->slots();
  }
}

void CaseColumns::Plan::AddFilter(const Columns& columns, const Filter& filter,
                                  const std::string& field, PlanFaults& faults) {
  Test test{columns.Single(filter.attribute), columns.Set(filter.attribute), {}, 0};
  if (test.single == nullptr && test.set == nullptr) {
    faults.Add(field + ".attribute", "there is no such attribute");
    return;
  }
  if (filter.codes.empty() || filter.codes.size() > kFilterCodesMax) {
    faults.Add(field + ".codes", fmt::format("expected 1 to {} codes", kFilterCodesMax));
    return;
  }
  if (test.single != nullptr) test.slots.resize(test.single->slots());
  const codes::CodeList& list = test.single != nullptr ? test.single->list() : test.set->list();
  for (const uint32_t code : filter.codes) {
    if (code == 0 || list.Find(code) == nullptr) {
      faults.Add(field + ".codes", fmt::format("expected codes of list {}", list.name()));
      return;
    }
    if (test.single != nullptr) {
      test.slots[test.single->SlotOf(code)] = 1;
    } else {
      test.mask |= uint64_t{1} << (code & 63U);
    }
  }
  tests.push_back(std::move(test));
}

void CaseColumns::Plan::AddTime(const TabulationRequest& request, PlanFaults& faults) {
  year_from = request.year_from;
  if (request.year_to != 0) year_to = request.year_to;
  if (year_from > year_to) faults.Add("year_to", "expected year_from or later");
  if (request.as_of_ms < 0) {
    faults.Add("as_of_ms", "expected milliseconds since 1970, or 0 for now");
  }
  if (request.as_of_ms > 0) as_of_ms = std::min(request.as_of_ms, kOpenEnd - 1);
}

StatusOr<CaseColumns::Plan> CaseColumns::MakePlan(const TabulationRequest& request,
                                                  const Viewer& viewer,
                                                  const std::string& prefix) const {
  PlanFaults faults{prefix, {}};
  Plan plan;
  plan.AddAxes(*columns_, request, faults);
  if (request.filters.size() > kFiltersMax) {
    faults.Add("filters", fmt::format("expected at most {} filters", kFiltersMax));
  }
  for (size_t i = 0; i < std::min(request.filters.size(), kFiltersMax); ++i) {
    plan.AddFilter(*columns_, request.filters[i], fmt::format("filters[{}]", i), faults);
  }
  plan.AddTime(request, faults);
  if (viewer.threshold == 0) plan.entity = viewer.entity;
  if (!faults.list.empty()) {
    return WithViolations(
        Error(Reason::TABULATION_INVALID, "the request has faults; see the field violations"),
        faults.list);
  }
  return plan;
}

}  // namespace enlace::query
