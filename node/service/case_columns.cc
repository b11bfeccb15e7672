#include "node/service/case_columns.h"

#include "node/base/log.h"
#include "node/service/case_convert.h"
#include "node/store/case_table.h"

namespace enlace::service {

StatusOr<std::unique_ptr<CaseColumns>> CaseColumns::Load(
    store::Store& store, std::shared_ptr<const codes::Registry> registry,
    query::ColumnsOptions options) {
  std::unique_ptr<CaseColumns> columns(new CaseColumns(store, std::move(registry), options));
  Status fault;
  model::CaseRecord revision;
  ENLACE_RETURN_IF_ERROR(
      store::ScanCaseViews(*store.Read(), "", [&](const store::StoredCaseView& view) {
        columns->list_.Take(store::MarkOf(view));
        fault = store::ReadCaseView(view, revision);
        if (fault.ok()) fault = columns->held_.Apply(revision);
        return fault.ok();
      }));
  ENLACE_RETURN_IF_ERROR(fault);
  columns->list_.CatchUp();
  return columns;
}

void CaseColumns::Apply(const std::vector<model::CaseRecord>& committed) {
  list_.Told(committed.size());
  MutexLock lock(mutex_);
  for (const model::CaseRecord& record : committed) {
    if (!fault_.ok()) return;
    fault_ = ApplyOne(record);
    if (!fault_.ok()) LogError("case_columns_stopped", {{"reason", MessageOf(fault_)}});
  }
}

Status CaseColumns::ApplyOne(const model::CaseRecord& record) {
  if (record.revision == 1) return held_.Apply(record);
  ENLACE_ASSIGN_OR_RETURN(const auto history,
                          store::LoadCaseHistory(*store_.Read(), record.reference));
  for (const model::CaseRecord& revision : history) {
    ENLACE_RETURN_IF_ERROR(held_.Apply(revision));
  }
  return absl::OkStatus();
}

StatusOr<query::Tabulation> CaseColumns::Tabulate(const query::TabulationRequest& request,
                                                  const query::Viewer& viewer,
                                                  const std::function<bool()>& stopped) const {
  {
    MutexLock lock(mutex_);
    ENLACE_RETURN_IF_ERROR(fault_);
  }
  return held_.Tabulate(request, viewer, stopped);
}

StatusOr<std::vector<query::Tabulation>> CaseColumns::TabulateAll(
    const std::vector<query::TabulationRequest>& requests, const query::Viewer& viewer,
    const std::function<bool()>& stopped) const {
  {
    MutexLock lock(mutex_);
    ENLACE_RETURN_IF_ERROR(fault_);
  }
  return held_.TabulateAll(requests, viewer, stopped);
}

query::TabulationRequest TabulationFromProto(const pb::TabulateCaseRecordsRequest& request) {
  query::TabulationRequest out;
  out.attributes.assign(request.attributes().begin(), request.attributes().end());
  for (const auto& filter : request.filters()) {
    out.filters.push_back({filter.attribute(), {filter.codes().begin(), filter.codes().end()}});
  }
  out.year_from = request.year_from();
  out.year_to = request.year_to();
  out.as_of_ms = request.as_of_ms();
  return out;
}

pb::TabulateCaseRecordsResponse TabulationToProto(const query::Tabulation& tabulation) {
  pb::TabulateCaseRecordsResponse out;
  for (const query::TableAxis& axis : tabulation.axes) {
    auto& to = *out.add_axes();
    to.set_attribute(axis.attribute);
    for (const query::Coordinate& answer : axis.values) {
      if (answer.missing != model::Missing::kNone) {
        to.add_missing(MissingToProto(answer.missing));
      } else {
        to.add_codes(answer.code);
      }
    }
  }
  out.mutable_cell_steps()->Reserve(static_cast<int>(tabulation.cells.size()));
  uint64_t last = 0;
  for (const uint64_t cell : tabulation.cells) {
    out.add_cell_steps(cell - last);
    last = cell;
  }
  out.mutable_counts()->Add(tabulation.counts.begin(), tabulation.counts.end());
  out.set_records(tabulation.records);
  out.set_denominator(tabulation.denominator);
  out.set_threshold(tabulation.threshold);
  out.set_several_valued(tabulation.several_valued);
  out.set_margins_hidden(tabulation.margins_hidden);
  for (const auto& entity : tabulation.entities) out.add_entities(entity);
  return out;
}

}  // namespace enlace::service
