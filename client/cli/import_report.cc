#include "client/cli/import_report.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "client/cli/labels.h"
#include "client/cli/rpc_sink.h"

namespace enlace::cli {
namespace {

constexpr int kReceiptsMax = 10'000;
constexpr size_t kWarningsShown = 20;

using Json = nlohmann::ordered_json;

struct Line {
  std::string name;
  uint64_t count;
};

std::vector<Line> AccountLines(const intake::ImportReport& report) {
  const intake::Account& account = report.account;
  return {{"rows read", report.rows_read},
          {"accepted", account.accepted},
          {"unchanged", account.unchanged},
          {"replaced", account.replaced},
          {"in conflict", account.in_conflict},
          {"quarantined", account.quarantined},
          {"not ours", account.not_ours},
          {"not ours: no jurisdiction", account.without_jurisdiction}};
}

void PrintCounts(Context& context, const std::string& title, const std::vector<Line>& lines) {
  if (lines.empty()) return;
  Table table({title, "rows"});
  table.AlignRight(1);
  for (const Line& line : lines) table.Add({line.name, std::to_string(line.count)});
  context.PrintTable(table);
}

std::vector<Line> FaultLines(const intake::ImportReport& report) {
  std::vector<Line> out;
  for (const auto& [reason, count] : report.faults) {
    out.push_back({std::string(intake::RowReasonName(reason)), count});
  }
  for (const auto& [reason, count] : report.node_reasons) out.push_back({reason, count});
  return out;
}

Json QualityJson(const intake::QualityReport& quality) {
  Json spellings = Json::object();
  for (const auto& [dimension, counts] : quality.spellings) {
    spellings[dimension] = {{"spellings", counts.spellings},
                            {"mappedSpellings", counts.mapped_spellings},
                            {"rows", counts.rows},
                            {"mappedRows", counts.mapped_rows}};
  }
  Json warnings = Json::array();
  for (const intake::QualityWarning& warning : quality.warnings) {
    warnings.push_back({{"kind", std::string(intake::QualityKindName(warning.kind))},
                        {"row", warning.row},
                        {"where", warning.where}});
  }
  const auto totals = [](const intake::Totals& counts) {
    return Json{
        {"compared", counts.compared}, {"exceeded", counts.exceeded}, {"shortOf", counts.short_of}};
  };
  return {{"repeatedKeys", quality.repeats.keys},
          {"conflictingKeys", quality.repeats.conflicting_keys},
          {"surplusRows", quality.repeats.surplus_rows},
          {"identicalRows", quality.repeats.identical_rows},
          {"repeatsComplete", quality.repeats_complete},
          {"totalsBySex", totals(quality.by_sex)},
          {"totalsByAge", totals(quality.by_age)},
          {"spellings", spellings},
          {"warnings", warnings}};
}

Json ReportJson(const intake::ImportReport& report, const std::string& receipt) {
  Json faults = Json::object();
  for (const Line& line : FaultLines(report)) faults[line.name] = line.count;
  const intake::Account& account = report.account;
  return {{"batchId", report.batch_id},
          {"format", report.format},
          {"receipt", receipt},
          {"resumedFromRow", report.resumed_from_row},
          {"completedMs", report.completed_ms},
          {"tablesChanged", report.tables_changed},
          {"rowsRead", report.rows_read},
          {"accepted", account.accepted},
          {"unchanged", account.unchanged},
          {"replaced", account.replaced},
          {"inConflict", account.in_conflict},
          {"quarantined", account.quarantined},
          {"notOurs", account.not_ours},
          {"withoutJurisdiction", account.without_jurisdiction},
          {"reasons", faults},
          {"quality", QualityJson(report.quality)}};
}

void PrintQuality(Context& context, const intake::QualityReport& quality) {
  if (quality.repeats.keys > 0) {
    context.PrintLine(
        fmt::format("\n{} in several rows, {} of them with different values ({}, {} identical).",
                    Counted(quality.repeats.keys, "figure stands", "figures stand"),
                    quality.repeats.conflicting_keys,
                    Counted(quality.repeats.surplus_rows, "surplus row", "surplus rows"),
                    quality.repeats.identical_rows));
  }
  for (const auto& [dimension, counts] : quality.spellings) {
    context.PrintLine(fmt::format(
        "{}: spellings in the tables: {} of {}; rows mapped in all cells: {} of {}.", dimension,
        counts.mapped_spellings, counts.spellings, counts.mapped_rows, counts.rows));
  }
  if (quality.warnings.empty()) return;
  context.PrintLine("");
  Table table({"warning", "row", "where"});
  table.AlignRight(1);
  for (size_t i = 0; i < quality.warnings.size() && i < kWarningsShown; ++i) {
    const intake::QualityWarning& warning = quality.warnings[i];
    table.Add({std::string(intake::QualityKindName(warning.kind)),
               warning.row == 0 ? "" : std::to_string(warning.row), warning.where});
  }
  context.PrintTable(table);
  uint64_t all = 0;
  for (const auto& [kind, count] : quality.counts) all += count;
  if (all > kWarningsShown) {
    context.PrintLine(fmt::format("... and {} more; --output json lists up to {}.",
                                  all - kWarningsShown, intake::kWarningsMax));
  }
}

}  // namespace

ExitCode PrintReport(Context& context, const intake::ImportReport& report,
                     const std::string& receipt) {
  if (context.json()) {
    context.PrintLine(ReportJson(report, receipt).dump());
  } else {
    const bool csv = context.settings().output == Output::kCsv;
    if (!csv) context.PrintLine(fmt::format("{}, delivery {}", report.format, report.batch_id));
    PrintCounts(context, "account", AccountLines(report));
    if (!csv) {
      if (!FaultLines(report).empty()) context.PrintLine("");
      PrintCounts(context, "set aside because", FaultLines(report));
      PrintQuality(context, report.quality);
      if (report.completed_ms > 0) {
        context.PrintLine(fmt::format("\nReceipt: {}, complete since {}: nothing was sent now.",
                                      receipt, FormatTime(report.completed_ms)));
      } else if (!receipt.empty()) {
        context.PrintLine("\nReceipt: " + receipt);
      }
    }
  }
  const intake::Account& account = report.account;
  return account.quarantined + account.in_conflict > 0 ? kExitFindings : kExitOk;
}

std::string ReceiptFor(const std::string& file) {
  std::string name;
  for (int number = 1; number <= kReceiptsMax; ++number) {
    name = number == 1 ? file + ".receipt.csv" : fmt::format("{}.receipt-{}.csv", file, number);
    std::error_code ignored;
    if (!std::filesystem::exists(name, ignored) ||
        std::filesystem::exists(name + ".state", ignored)) {
      break;
    }
  }
  return name;
}

void ImportArguments::Declare(Arguments& arguments, const std::string& file_help) {
  arguments.Positional("FILE", file, file_help);
  arguments.Text("--receipt", receipt, "Where to write the receipt (default FILE.receipt.csv)");
  arguments.Flag("--dry-run", dry_run, "Send nothing; no node is needed");
  arguments.Flag("--validate-only", validate_only,
                 "Let the node check everything and store nothing");
}

namespace {

// `rows`: the first rows of the file that this run knows to be acknowledged.
std::string Interrupted(const std::string& receipt, uint64_t rows) {
  if (receipt.empty()) return "interrupted; this was a trial, and nothing is stored";
  const std::string done = rows == 0 ? "what the node has acknowledged"
                                     : fmt::format("what became of its first {} rows", rows);
  return fmt::format(
      "interrupted; the file is not handed in completely: {} is in {}; the same "
      "command goes on from there, and no row is stored twice",
      done, receipt);
}

// A trial stores nothing and so has nothing to give a receipt for.
Status CheckFlags(const ImportArguments& arguments) {
  const bool trial = arguments.dry_run || arguments.validate_only;
  if (trial && !arguments.receipt.empty()) {
    return Error(Reason::REQUEST_INVALID,
                 fmt::format("--receipt: nothing is stored with {}, so there is no receipt; leave "
                             "one of the two away",
                             arguments.dry_run ? "--dry-run" : "--validate-only"));
  }
  if (arguments.dry_run && arguments.validate_only) {
    return Error(Reason::REQUEST_INVALID,
                 "--dry-run asks no node and --validate-only does; leave one of the two away");
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<ExitCode> RunImport(Context& context, const ImportArguments& arguments,
                             intake::Content content) {
  ENLACE_RETURN_IF_ERROR(CheckFlags(arguments));
  ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
  ENLACE_ASSIGN_OR_RETURN(const intake::Mappings* mappings, context.Mappings());
  const Settings& settings = context.settings();
  if (settings.jurisdiction.empty()) {
    return Error(Reason::CONFIG_INVALID,
                 "--jurisdiction is not set: it says which rows of the file are ours",
                 {{"setting", "--jurisdiction"}});
  }
  intake::ImportOptions options;
  options.file = arguments.file;
  options.jurisdiction = settings.jurisdiction;
  options.validate_only = arguments.validate_only;
  options.content = content;
  intake::DrySink nowhere;
  std::unique_ptr<RpcSink> node;
  intake::RowSink* sink = &nowhere;
  if (!arguments.dry_run) {
    ENLACE_ASSIGN_OR_RETURN(client::Client * client, context.Node());
    node = std::make_unique<RpcSink>(*client, registry->version(),
                                     settings.node_uri + " by " + settings.certificate);
    sink = node.get();
    if (!arguments.validate_only) {
      options.receipt = arguments.receipt.empty() ? ReceiptFor(arguments.file) : arguments.receipt;
    }
  }
  options.now_ms = context.clock().NowMs();
  context.SayOnInterrupt(Interrupted(options.receipt, 0));
  intake::Importer importer(*mappings, *sink, [&](uint64_t rows) {
    context.SayOnInterrupt(Interrupted(options.receipt, rows));
    context.Progress(fmt::format("{} rows", rows));
  });
  ENLACE_ASSIGN_OR_RETURN(const intake::ImportReport report, importer.Run(options));
  if (report.completed_ms > 0) {
    context.Note(
        fmt::format("nothing was sent: this file was imported completely at {}, and {} is "
                    "its receipt; to hand it in once more name another receipt",
                    FormatTime(report.completed_ms), options.receipt));
  }
  if (report.resumed_from_row > 0) {
    context.Note(fmt::format("went on from row {}", report.resumed_from_row));
  }
  if (report.tables_changed) {
    context.Note(
        fmt::format("mapping tables or code lists changed since then: rows before {} are "
                    "what the earlier ones made of them; import the file once more to "
                    "have those judged anew that were set aside",
                    report.resumed_from_row));
  }
  return PrintReport(context, report, options.receipt);
}

}  // namespace enlace::cli
