// enlace cases import|get|list|export|tabulate
#include <fmt/format.h>

#include <algorithm>

#include "client/cli/case_text.h"
#include "client/cli/dates.h"
#include "client/cli/import_report.h"
#include "client/cli/labels.h"
#include "client/cli/program.h"
#include "client/intake/ctdc_export.h"
#include "client/lib/paging.h"
#include "client/lib/tabulation.h"
#include "node/model/attributes.h"

namespace enlace::cli {
namespace {

constexpr int kPageSize = 1000;
constexpr char kCaseRecordsBasis[] = "case_records";  // Of list counting_basis.
constexpr char kService[] = "/enlace.exchange.v1.CaseService/";

class CasesGet final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Positional("NAME", name_, "jurisdictions/ARG/cases/<32 hex digits>");
    arguments.Text("--as-of", as_of_, "The revision as it was then");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    api::GetCaseRecordRequest request;
    request.set_name(name_);
    if (!as_of_.empty()) {
      ENLACE_ASSIGN_OR_RETURN(const int64_t moment, ParseMoment(as_of_));
      request.set_as_of_ms(moment);
    }
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    ENLACE_ASSIGN_OR_RETURN(
        const auto record,
        node->Call<api::CaseRecord>(std::string(kService) + "GetCaseRecord", request));
    ENLACE_RETURN_IF_ERROR(PrintCase(context, record));
    return kExitOk;
  }

 private:
  std::string name_;
  std::string as_of_;
};

// Visits the caller's records, all pages.
Status ForEachCase(Context& context, uint32_t year,
                   const std::function<Status(const api::CaseRecord&)>& visit) {
  ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
  api::ListCaseRecordsRequest request;
  request.set_page_size(kPageSize);
  request.set_registration_year(year);
  Status visited;
  ENLACE_RETURN_IF_ERROR(client::ForEachPage<api::ListCaseRecordsResponse>(
      *node, std::string(kService) + "ListCaseRecords", request,
      [&](const api::ListCaseRecordsResponse& page) {
        for (const api::CaseRecord& record : page.case_records()) {
          visited = visit(record);
          if (!visited.ok()) return false;
        }
        return true;
      }));
  return visited;
}

class CasesList final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Number("--year", year_, "Only records registered in this year");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    Table table({"name", "state", "revision", "registered", "updated"});
    table.AlignRight(2);
    JsonList list;
    ENLACE_RETURN_IF_ERROR(ForEachCase(context, year_, [&](const api::CaseRecord& record) {
      if (context.json()) return list.Add(record);
      // Nothing is left of an erased record, its year neither.
      const bool erased = record.state() == api::CaseRecord::ERASED;
      table.Add({record.name(), api::CaseRecord::State_Name(record.state()),
                 std::to_string(record.revision()),
                 erased ? "" : std::to_string(record.registration_year()),
                 FormatTime(record.update_time_ms())});
      return Status();
    }));
    context.PrintList(list, table);
    return kExitOk;
  }

 private:
  uint32_t year_ = 0;
};

class CasesExport final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Text("--format", format_, "Case format to write (default ctdc-kanon-2020)");
    arguments.Number("--year", year_, "Only records registered in this year");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const intake::Mappings* mappings, context.Mappings());
    const intake::Format* format = mappings->Find(format_);
    if (format == nullptr || !format->is_cases()) {
      return Error(Reason::FORMAT_UNKNOWN, "--format: expected a format of case records");
    }
    const intake::CaseExporter exporter(*format, mappings->registry());
    context.Print(exporter.HeaderRow());
    ENLACE_RETURN_IF_ERROR(ForEachCase(context, year_, [&](const api::CaseRecord& record) {
      if (record.state() == api::CaseRecord::ACTIVE) context.Print(exporter.Row(FromApi(record)));
      return Status();
    }));
    return kExitOk;
  }

 private:
  std::string format_ = "ctdc-kanon-2020";
  uint32_t year_ = 0;
};

class CasesTabulate final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Text("--by", by_, "One to three attributes, separated by commas", true);
    arguments.Texts("--where", where_, "attribute=code,code: only records with one of them");
    arguments.Text("--years", years_, "Years of registration: 2019, 2018-2020");
    arguments.Text("--as-of", as_of_, "The records as they were then");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
    ENLACE_ASSIGN_OR_RETURN(const auto request, MakeRequest(*registry));
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    ENLACE_ASSIGN_OR_RETURN(const auto response,
                            node->Call<api::TabulateCaseRecordsResponse>(
                                std::string(kService) + "TabulateCaseRecords", request));
    if (context.json()) {
      ENLACE_RETURN_IF_ERROR(context.PrintJson(response));
    } else {
      ENLACE_RETURN_IF_ERROR(PrintCells(context, *registry, request, response));
    }
    return kExitOk;
  }

 private:
  static StatusOr<const model::AttributeInfo*> FindInfo(std::string_view name) {
    const model::AttributeInfo* info = model::FindAttributeId(name);
    if (info != nullptr) return info;
    return Error(Reason::TABULATION_INVALID,
                 "no such attribute; `enlace codes list case_attribute` shows them");
  }

  StatusOr<api::TabulateCaseRecordsRequest> MakeRequest(const codes::Registry& registry) const {
    api::TabulateCaseRecordsRequest out;
    for (const std::string& name : Split(by_, ',')) {
      ENLACE_ASSIGN_OR_RETURN(const model::AttributeInfo* info, FindInfo(name));
      out.add_attributes(info->number);
    }
    for (const std::string& filter : where_) {
      const size_t equals = filter.find('=');
      if (equals == std::string::npos) {
        return Error(Reason::TABULATION_INVALID, "--where: expected attribute=code,code");
      }
      ENLACE_ASSIGN_OR_RETURN(const model::AttributeInfo* info, FindInfo(filter.substr(0, equals)));
      api::TabulationFilter& target = *out.add_filters();
      target.set_attribute(info->number);
      for (const std::string& code : Split(std::string_view(filter).substr(equals + 1), ',')) {
        ENLACE_ASSIGN_OR_RETURN(const uint32_t number, ParseCode(registry.Get(info->list), code));
        target.add_codes(number);
      }
    }
    if (!years_.empty()) {
      ENLACE_ASSIGN_OR_RETURN(const auto years, ParseYears(years_));
      out.set_year_from(years.first);
      out.set_year_to(years.second);
    }
    if (!as_of_.empty()) {
      ENLACE_ASSIGN_OR_RETURN(const int64_t moment, ParseMoment(as_of_));
      out.set_as_of_ms(moment);
    }
    return out;
  }

  static Status PrintCells(Context& context, const codes::Registry& registry,
                           const api::TabulateCaseRecordsRequest& request,
                           const api::TabulateCaseRecordsResponse& response) {
    const std::string& language = context.settings().language;
    std::vector<const model::AttributeInfo*> infos;
    std::vector<std::string> header;
    for (const uint32_t attribute : request.attributes()) {
      infos.push_back(model::FindAttribute(attribute));
      header.push_back(CodeLabel(registry.Get("case_attribute"), attribute, language));
    }
    header.push_back(Word("count", language));
    const size_t count_column = header.size() - 1;
    // A file goes on without the terminal around it: each row says what it is counted of.
    const std::vector<std::string> basis = BasisCells(response, language);
    const bool csv = context.settings().output == Output::kCsv;
    if (csv) {
      for (const char* name : {"counting_basis", "victim_statuses", "records", "answered",
                               "threshold", "entities", "several_valued"}) {
        header.emplace_back(name);
      }
    }
    Table table(header);
    table.AlignRight(count_column);
    const auto add = [&](const client::TabulationCell& cell) {
      std::vector<std::string> row;
      for (size_t i = 0; i < std::min(cell.coordinates.size(), infos.size()); ++i) {
        const auto& at = cell.coordinates[i];
        row.push_back(at.missing == api::MISSING_UNSPECIFIED
                          ? CodeLabel(registry.Get(infos[i]->list), at.code, language)
                          : MissingLabel(static_cast<model::Missing>(at.missing), language));
      }
      row.resize(infos.size());
      row.push_back(cell.suppressed ? Word("suppressed", language) : std::to_string(cell.count));
      if (csv) {
        row.emplace_back(kCaseRecordsBasis);
        row.emplace_back(CountsStatusesTogether(request) ? "together" : "as asked");
        row.insert(row.end(), basis.begin(), basis.end());
      }
      table.Add(std::move(row));
    };
    ENLACE_RETURN_IF_ERROR(client::ForEachCell(response, add));
    context.PrintTable(table);
    if (!csv) PrintBasis(context, registry, request, response, basis);
    return Status();
  }

  static std::vector<std::string> BasisCells(const api::TabulateCaseRecordsResponse& response,
                                             const std::string& language) {
    const bool hidden = response.margins_hidden();
    const std::string suppressed = Word("suppressed", language);
    return {hidden ? suppressed : std::to_string(response.records()),
            hidden ? suppressed : std::to_string(response.denominator()),
            std::to_string(response.threshold()),
            hidden ? suppressed : Printable(fmt::format("{}", fmt::join(response.entities(), " "))),
            response.several_valued() ? "true" : "false"};
  }

  // Nobody asked for the status of a victim: presumed and identified ones stand in one cell.
  static bool CountsStatusesTogether(const api::TabulateCaseRecordsRequest& request) {
    const auto& attributes = request.attributes();
    const auto& filters = request.filters();
    return std::find(attributes.begin(), attributes.end(), model::kVictimStatus) ==
               attributes.end() &&
           std::none_of(filters.begin(), filters.end(), [](const auto& filter) {
             return filter.attribute() == model::kVictimStatus;
           });
  }

  static void PrintBasis(Context& context, const codes::Registry& registry,
                         const api::TabulateCaseRecordsRequest& request,
                         const api::TabulateCaseRecordsResponse& response,
                         const std::vector<std::string>& basis) {
    const std::string& language = context.settings().language;
    const auto say = [&](std::string_view sentence, const auto&... values) {
      context.PrintLine(fmt::format(fmt::runtime(Word(sentence, language)), values...));
    };
    context.PrintLine("");
    const codes::CodeList& bases = registry.Get("counting_basis");
    say("counted: {}", CodeLabel(bases, bases.FindId(kCaseRecordsBasis)->number, language));
    say("entities: {}", basis[3]);
    if (response.margins_hidden())
      say("records: {}", basis[0]);
    else
      say("records: {}, {} with an answer in every attribute", basis[0], basis[1]);
    if (response.threshold() > 0) say("counts below {} are suppressed", response.threshold());
    if (response.several_valued()) {
      say("a record can stand in several rows: they add up to more than the records");
    }
    if (response.threshold() > 0 && response.entities_size() != 1) {
      say("a person in the records of several entities is counted more than once");
    }
    if (CountsStatusesTogether(request)) {
      say("presumed and identified victims are counted together; victim_status tells them apart");
    }
  }

  std::string by_;
  std::vector<std::string> where_;
  std::string years_;
  std::string as_of_;
};

}  // namespace

void AddCases(Program& program) {
  program.Add<ImportCommand<intake::Content::kCases>>(
      "cases", "import", "Hand in a file of case records",
      {"enlace cases import victims-2019.csv",
       "enlace cases import victims-2019.csv --dry-run --jurisdiction ARG"});
  program.Add<CasesGet>(
      "cases", "get", "Show one record of the own entity",
      {"enlace cases get jurisdictions/ARG/cases/00112233445566778899aabbccddeeff",
       "enlace cases get NAME --as-of 2025-12-31"});
  program.Add<CasesList>("cases", "list", "List the records of the own entity",
                         {"enlace cases list --year 2024", "enlace cases list --output json"});
  program.Add<CasesExport>(
      "cases", "export", "Write the active records of the own entity as a case file",
      {"enlace cases export > cases.csv", "enlace cases export --year 2024 > cases-2024.csv"});
  program.Add<CasesTabulate>(
      "cases", "tabulate", "Cross-tabulate records; small counts are suppressed",
      {"enlace cases tabulate --by sex,age_band --years 2018-2020",
       "enlace cases tabulate --by forms --where citizenship=PRY,BOL --lang es"});
}

}  // namespace enlace::cli
