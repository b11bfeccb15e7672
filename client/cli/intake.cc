// enlace intake check|formats and enlace demo-data
#include <fmt/format.h>

#include <filesystem>

#include "client/cli/import_report.h"
#include "client/cli/labels.h"
#include "client/cli/program.h"
#include "client/intake/file.h"
#include "client/intake/sample.h"
#include "node/model/names.h"

namespace enlace::cli {
namespace {

class IntakeCheck final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Positional("FILE", file_, "File to look at, CSV");
    arguments.Flag("--all", all_, "Take the rows of all jurisdictions as ours");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const intake::Mappings* mappings, context.Mappings());
    intake::DrySink nowhere;
    intake::ImportOptions options;
    options.file = file_;
    if (!all_) options.jurisdiction = context.settings().jurisdiction;
    intake::Importer importer(*mappings, nowhere);
    ENLACE_ASSIGN_OR_RETURN(const intake::ImportReport report, importer.Run(options));
    if (options.jurisdiction.empty()) context.Note("the rows of all jurisdictions are checked");
    return PrintReport(context, report, "");
  }

 private:
  std::string file_;
  bool all_ = false;
};

class IntakeFormats final : public Command {
 public:
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const intake::Mappings* mappings, context.Mappings());
    Table table({"format", "holds", "columns", "title"});
    table.AlignRight(2);
    for (const auto& format : mappings->formats()) {
      table.Add({format->id, format->is_cases() ? "case records" : "official figures",
                 std::to_string(format->columns.size()), format->title});
    }
    if (context.json()) {
      context.Print(table.ToJson());
    } else {
      context.PrintTable(table);
    }
    return kExitOk;
  }
};

class DemoData final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Text("--out", folder_, "Folder for the files; made when it is not there", true);
    arguments.Text("--jurisdictions", jurisdictions_, "Alpha-3 codes separated by commas");
    arguments.Number("--cases", cases_, "Case records for each jurisdiction (default 200)");
    arguments.Text("--years", years_, "First and last year (default 2018-2022)");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(const intake::Mappings* mappings, context.Mappings());
    intake::SampleOptions options;
    options.cases = cases_;
    ENLACE_RETURN_IF_ERROR(intake::SetSampleYears(years_, options));
    std::error_code failed;
    std::filesystem::create_directories(folder_, failed);
    if (failed) {
      return Error(Reason::FILE_UNWRITABLE, "--out: this folder cannot be made",
                   {{"path", folder_}});
    }
    Table table({"file", "holds"});
    for (const std::string& jurisdiction : Split(jurisdictions_, ',')) {
      options.jurisdiction = jurisdiction;
      ENLACE_ASSIGN_OR_RETURN(const std::string cases, intake::SampleCases(*mappings, options));
      ENLACE_ASSIGN_OR_RETURN(const std::string figures, intake::SampleFigures(*mappings, options));
      const std::string base = folder_ + "/invented-";
      const std::string suffix = "-" + jurisdiction + ".csv";
      ENLACE_RETURN_IF_ERROR(intake::ReplaceFile(base + "cases" + suffix, cases));
      ENLACE_RETURN_IF_ERROR(intake::ReplaceFile(base + "statistics" + suffix, figures));
      table.Add({base + "cases" + suffix, "invented case records"});
      table.Add({base + "statistics" + suffix, "invented official figures"});
    }
    ENLACE_RETURN_IF_ERROR(
        intake::ReplaceFile(folder_ + "/README.txt", std::string(intake::kSampleNotice)));
    context.PrintTable(table);
    return kExitOk;
  }

 private:
  std::string folder_;
  std::string jurisdictions_ = "ARG,BRA,CHL";
  uint32_t cases_ = 200;
  std::string years_ = "2018-2022";
};

}  // namespace

void AddIntake(Program& program) {
  program.Add<IntakeCheck>("intake", "check", "Look at a file without a node",
                           {"enlace intake check glotip-2025.csv --jurisdiction ARG",
                            "enlace intake check glotip-2025.csv --all --output json"});
  program.Add<IntakeFormats>("intake", "formats", "Formats that can be handed in",
                             {"enlace intake formats", "enlace intake formats --output json"});
  program.Add<DemoData>("", "demo-data", "Write invented files to try the system with",
                        {"enlace demo-data --out demo",
                         "enlace demo-data --out demo --jurisdictions ARG,BRA --cases 500"});
}

}  // namespace enlace::cli
