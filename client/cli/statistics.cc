// enlace statistics import|set|list|delivery
#include <fmt/format.h>

#include <charconv>

#include "client/cli/case_text.h"
#include "client/cli/figure_text.h"
#include "client/cli/import_report.h"
#include "client/cli/labels.h"
#include "client/cli/program.h"
#include "client/lib/paging.h"
#include "enlace/exchange/v1/statistics_service.pb.h"
#include "node/model/observation.h"

namespace enlace::cli {
namespace {

constexpr int kPageSize = 1000;
constexpr char kService[] = "/enlace.exchange.v1.StatisticsService/";

Status PrintFigures(Context& context, const std::vector<api::Observation>& figures) {
  if (context.json()) {
    JsonList list;
    for (const api::Observation& figure : figures) ENLACE_RETURN_IF_ERROR(list.Add(figure));
    context.Print(list.Finish());
    return Status();
  }
  ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
  const std::string& language = context.settings().language;
  std::vector<std::string> header;
  for (const char* word :
       {"year", "indicator", "dimension", "category", "sex", "age", "value", "entity", "name"}) {
    header.push_back(Word(word, language));
  }
  Table table(header);
  table.AlignRight(6);
  for (const api::Observation& figure : figures) {
    std::vector<std::string> row =
        FigureKeyCells({figure.indicator(), figure.dimension(), figure.category(), figure.sex(),
                        figure.age(), figure.year()},
                       *registry, language);
    row.push_back(ObservationValue(figure, language));
    row.push_back(figure.entity());
    row.push_back(figure.name());
    table.Add(std::move(row));
  }
  context.PrintTable(table);
  return Status();
}

class StatisticsSet final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Text("--indicator", indicator_, "Code of list indicator", true);
    arguments.Text("--dimension", dimension_, "Code of list dimension (default total)");
    arguments.Text("--category", category_, "Code of the dimension's list (default total)");
    arguments.Text("--sex", sex_, "Code of list sex (default total)");
    arguments.Text("--age", age_, "Code of list age_group (default total)");
    arguments.Number("--year", year_, "Calendar year");
    arguments.Text("--value", value_, "A count, \"<5\", unknown, not_collected or not_applicable",
                   true);
    arguments.Text("--etag", etag_, "What was read; without it, whatever stands there");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
    api::SetObservationRequest request;
    request.set_etag(etag_);
    ENLACE_ASSIGN_OR_RETURN(*request.mutable_observation(), Figure(*registry));
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    ENLACE_ASSIGN_OR_RETURN(
        const auto figure,
        node->Call<api::Observation>(std::string(kService) + "SetObservation", request));
    if (context.json()) {
      ENLACE_RETURN_IF_ERROR(context.PrintJson(figure));
    } else {
      ENLACE_RETURN_IF_ERROR(PrintFigures(context, {figure}));
    }
    return kExitOk;
  }

 private:
  StatusOr<api::Observation> Figure(const codes::Registry& registry) const {
    const auto code = [&](std::string_view list, const std::string& text) -> StatusOr<uint32_t> {
      const codes::CodeList* codes = registry.Find(list);
      if (text == "total" && (codes == nullptr || codes->FindId(text) == nullptr)) return 0;
      if (codes == nullptr) return Error(Reason::CODE_UNKNOWN, "--category: expected total");
      return ParseCode(*codes, text);
    };
    api::Observation out;
    out.set_codelist_version(registry.version());
    ENLACE_ASSIGN_OR_RETURN(const uint32_t indicator, code("indicator", indicator_));
    ENLACE_ASSIGN_OR_RETURN(const uint32_t dimension, code("dimension", dimension_));
    const std::string list = model::CategoryList(registry, dimension).value_or("");
    ENLACE_ASSIGN_OR_RETURN(const uint32_t category, code(list, category_));
    ENLACE_ASSIGN_OR_RETURN(const uint32_t sex, code("sex", sex_));
    ENLACE_ASSIGN_OR_RETURN(const uint32_t age, code("age_group", age_));
    out.set_indicator(indicator);
    out.set_dimension(dimension);
    out.set_category(category);
    out.set_sex(sex);
    out.set_age(age);
    out.set_year(year_);
    ENLACE_RETURN_IF_ERROR(ParseObservationValue(value_, out));
    return out;
  }

  std::string indicator_;
  std::string dimension_ = "total";
  std::string category_ = "total";
  std::string sex_ = "total";
  std::string age_ = "total";
  uint32_t year_ = 0;
  std::string value_;
  std::string etag_;
};

class StatisticsList final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Text("--indicator", indicator_, "Only this code of list indicator");
    arguments.Number("--year", year_, "Only this year");
    arguments.Flag("--conflicts", conflicts_, "Only figures in conflict");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    api::ListObservationsRequest request;
    request.set_page_size(kPageSize);
    request.set_year(year_);
    request.set_in_conflict_only(conflicts_);
    if (!indicator_.empty()) {
      ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
      ENLACE_ASSIGN_OR_RETURN(const uint32_t code,
                              ParseCode(registry->Get("indicator"), indicator_));
      request.set_indicator(code);
    }
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    std::vector<api::Observation> figures;
    ENLACE_RETURN_IF_ERROR(client::ForEachPage<api::ListObservationsResponse>(
        *node, std::string(kService) + "ListObservations", request,
        [&](const api::ListObservationsResponse& page) {
          figures.insert(figures.end(), page.observations().begin(), page.observations().end());
          return true;
        }));
    ENLACE_RETURN_IF_ERROR(PrintFigures(context, figures));
    return kExitOk;
  }

 private:
  std::string indicator_;
  uint32_t year_ = 0;
  bool conflicts_ = false;
};

class StatisticsDelivery final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Positional("BATCH", batch_, "The delivery's id, as the import printed it");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    api::GetDeliveryRequest request;
    request.set_batch_id(batch_);
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    ENLACE_ASSIGN_OR_RETURN(
        const auto delivery,
        node->Call<api::Delivery>(std::string(kService) + "GetDelivery", request));
    if (context.json()) {
      ENLACE_RETURN_IF_ERROR(context.PrintJson(delivery));
      return kExitOk;
    }
    Table counts({"account", "rows"});
    counts.AlignRight(1);
    for (const auto& [name, count] : std::initializer_list<std::pair<const char*, uint64_t>>{
             {"accepted", delivery.accepted()},
             {"unchanged", delivery.unchanged()},
             {"replaced", delivery.replaced()},
             {"in conflict", delivery.in_conflict()},
             {"quarantined", delivery.quarantined()},
             {"not ours", delivery.not_ours()}}) {
      counts.Add({name, std::to_string(count)});
    }
    context.PrintTable(counts);
    if (delivery.quarantined_rows_size() > 0 && context.settings().output == Output::kTable) {
      Table rows({"row", "column", "reason"});
      rows.AlignRight(0);
      for (const api::QuarantinedRow& row : delivery.quarantined_rows()) {
        rows.Add({std::to_string(row.row()), row.column(), row.reason()});
      }
      context.PrintLine("");
      context.PrintTable(rows);
    }
    return kExitOk;
  }

 private:
  std::string batch_;
};

}  // namespace

void AddStatistics(Program& program) {
  program.Add<ImportCommand<intake::Content::kFigures>>(
      "statistics", "import", "Hand in a file of official figures",
      {"enlace statistics import glotip-2025.csv",
       "enlace statistics import glotip-2025.csv --validate-only"});
  program.Add<StatisticsSet>(
      "statistics", "set", "Set one figure by hand; settles a conflict",
      {"enlace statistics set --indicator detected_victims --year 2024 --value 112",
       "enlace statistics set --indicator convicted --sex female --year 2024 --value \"<5\""});
  program.Add<StatisticsList>("statistics", "list", "List official figures",
                              {"enlace statistics list --year 2022 --lang es",
                               "enlace statistics list --conflicts --output json"});
  program.Add<StatisticsDelivery>("statistics", "delivery", "The account of one delivery",
                                  {"enlace statistics delivery 3f0c9a...",
                                   "enlace statistics delivery 3f0c9a... --output json"});
}

}  // namespace enlace::cli
