// enlace reports regional|verify and enlace figures list
#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "client/cli/figure_text.h"
#include "client/cli/labels.h"
#include "client/cli/program.h"
#include "client/intake/file.h"
#include "client/lib/paging.h"
#include "enlace/exchange/v1/report_service.pb.h"

namespace enlace::cli {
namespace {

namespace api = ::enlace::exchange::v1;

constexpr int kPageSize = 1000;
constexpr size_t kVerifyBytes = 512 << 10;  // Of a call; the API takes 1 MiB.
constexpr size_t kReportBytesMax = 1 << 30;
constexpr char kService[] = "/enlace.exchange.v1.ReportService/";

class ReportsRegional final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Text("--out", folder_, "Folder for regional.csv, .json and .html", true);
  }
  StatusOr<ExitCode> Run(Context& context) override {
    std::error_code failed;
    std::filesystem::create_directories(folder_, failed);
    if (failed) {
      return Error(Reason::FILE_UNWRITABLE, "--out: this folder cannot be made",
                   {{"path", folder_}});
    }
    Table table({"file", "bytes"});
    table.AlignRight(1);
    // The three files show one state: that of the first.
    std::string state;
    for (const auto& [format, name] :
         {std::pair(api::GetRegionalReportRequest::CSV, "regional.csv"),
          std::pair(api::GetRegionalReportRequest::JSON, "regional.json"),
          std::pair(api::GetRegionalReportRequest::HTML, "regional.html")}) {
      ENLACE_ASSIGN_OR_RETURN(const std::string bytes, Fetch(context, format, state));
      const std::string path = folder_ + "/" + name;
      ENLACE_RETURN_IF_ERROR(intake::ReplaceFile(path, bytes));
      table.Add({path, std::to_string(bytes.size())});
    }
    context.PrintTable(table);
    return kExitOk;
  }

 private:
  static StatusOr<std::string> Fetch(Context& context, api::GetRegionalReportRequest::Format format,
                                     std::string& state) {
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    api::GetRegionalReportRequest request;
    request.set_format(format);
    request.set_state(state);
    std::string bytes;
    bool whole = true;
    ENLACE_RETURN_IF_ERROR(client::ForEachPage<api::GetRegionalReportResponse>(
        *node, std::string(kService) + "GetRegionalReport", request,
        [&](const api::GetRegionalReportResponse& page) {
          bytes += page.data();
          state = page.state();
          whole = bytes.size() <= kReportBytesMax;
          return whole;
        }));
    if (!whole) {
      return Error(Reason::REPORT_INVALID,
                   fmt::format("the node's report is longer than {} bytes", kReportBytesMax));
    }
    return bytes;
  }

  std::string folder_;
};

class ReportsVerify final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Positional("FILE", file_, "A regional.csv");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const auto source, intake::FileSource::Open(file_));
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    api::VerifyRegionalReportResponse answer;
    std::vector<api::ReportFinding> findings;
    // One piece ahead, to know which is the last.
    ENLACE_ASSIGN_OR_RETURN(std::string piece, Piece(*source));
    for (bool last = false; !last;) {
      ENLACE_ASSIGN_OR_RETURN(std::string next, Piece(*source));
      last = next.empty();
      api::VerifyRegionalReportRequest request;
      request.set_page_token(answer.next_page_token());
      request.set_data(piece);
      request.set_last(last);
      ENLACE_ASSIGN_OR_RETURN(answer, node->Call<api::VerifyRegionalReportResponse>(
                                          std::string(kService) + "VerifyRegionalReport", request));
      piece = std::move(next);
    }
    ENLACE_RETURN_IF_ERROR(Print(context, answer));
    return answer.verified() ? kExitOk : kExitFindings;
  }

 private:
  static StatusOr<std::string> Piece(intake::FileSource& source) {
    std::string out(kVerifyBytes, '\0');
    size_t filled = 0;
    while (filled < out.size()) {
      ENLACE_ASSIGN_OR_RETURN(const size_t count,
                              source.Read(out.data() + filled, out.size() - filled));
      if (count == 0) break;
      filled += count;
    }
    out.resize(filled);
    return out;
  }

  static Status Print(Context& context, const api::VerifyRegionalReportResponse& answer) {
    if (context.json()) return context.PrintJson(answer);
    Table table({"line", "column", "finding"});
    table.AlignRight(0);
    for (const api::ReportFinding& finding : answer.findings()) {
      // Line 0 is the file as a whole, as for rows that are not there.
      table.Add({finding.line() == 0 ? "file" : std::to_string(finding.line()), finding.column(),
                 finding.description()});
    }
    if (table.size() > 0 || context.settings().output == Output::kCsv) context.PrintTable(table);
    for (const api::ReportNotice& notice : answer.notices()) {
      context.Note(fmt::format("{}: held {}, report says {}", Printable(notice.channel()),
                               notice.held_size(), notice.named_size()));
    }
    if (context.settings().output == Output::kTable) {
      context.PrintLine(fmt::format("{} checked: {}", Counted(answer.rows_checked(), "row", "rows"),
                                    answer.verified() ? "every figure follows from a signed release"
                                                      : "the report is not proved"));
    }
    return Status();
  }

  std::string file_;
};

class FiguresList final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Text("--of", jurisdiction_, "Only figures of this jurisdiction");
    arguments.Text("--indicator", indicator_, "Only this id of list indicator");
    arguments.Number("--year", year_, "Only this year");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    api::ListFiguresRequest request;
    request.set_page_size(kPageSize);
    const std::string of = Upper(jurisdiction_);
    request.set_jurisdiction(of);
    request.set_indicator(indicator_);
    request.set_year(year_);
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    Table table({"jurisdiction", "year", "indicator", "dimension", "category", "sex", "age",
                 "value", "released on", "release", "channel", "sequence"});
    table.AlignRight(7);
    JsonList list;
    Status added;
    std::set<std::string> not_held;
    size_t count = 0;
    ENLACE_RETURN_IF_ERROR(client::ForEachPage<api::ListFiguresResponse>(
        *node, std::string(kService) + "ListFigures", request,
        [&](const api::ListFiguresResponse& page) {
          // Whose channel is not held is told where it was asked for.
          for (const std::string& missing : page.unreachable()) {
            if (of.empty() || of == missing) not_held.insert(missing);
          }
          count += static_cast<size_t>(page.figures_size());
          for (const api::ReleasedFigure& figure : page.figures()) {
            if (context.json())
              added.Update(list.Add(figure));
            else
              table.Add(Row(figure, context.settings().language));
          }
          return added.ok();
        }));
    ENLACE_RETURN_IF_ERROR(added);
    for (const std::string& missing : not_held) {
      context.Note("not held here: the statistics channel of " + Printable(missing));
    }
    if (count == 0) context.Note("none: no released figure held here answers this");
    context.PrintList(list, table);
    return kExitOk;
  }

 private:
  // Ids instead of labels: they are what partner systems keep, in every language.
  static std::vector<std::string> Row(const api::ReleasedFigure& figure,
                                      std::string_view language) {
    return {figure.jurisdiction(), std::to_string(figure.year()),
            figure.indicator(),    figure.dimension(),
            figure.category(),     figure.sex(),
            figure.age(),          FigureValue(figure.status(), figure.value(), language),
            figure.released_on(),  figure.release(),
            figure.channel(),      std::to_string(figure.sequence())};
  }

  std::string jurisdiction_;
  std::string indicator_;
  uint32_t year_ = 0;
};

}  // namespace

void AddReports(Program& program) {
  program.Add<ReportsRegional>("reports", "regional", "Write the regional report",
                               {"enlace reports regional --out report",
                                "enlace reports regional --out report --timeout 2m"});
  program.Add<ReportsVerify>("reports", "verify", "Check a report against the signed releases",
                             {"enlace reports verify report/regional.csv",
                              "enlace reports verify report/regional.csv --output json"});
  program.Add<FiguresList>("figures", "list", "List released figures of the network",
                           {"enlace figures list --of BRA --year 2022",
                            "enlace figures list --indicator detected_victims --output csv"});
}

}  // namespace enlace::cli
