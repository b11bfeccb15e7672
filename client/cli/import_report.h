#pragma once

#include <string>

#include "client/cli/program.h"
#include "client/intake/importer.h"

// What importing and checking a file have in common.
namespace enlace::cli {

// Prints account, faults, warnings and repeats in the wanted form; kExitFindings when rows
// were set aside or contradict one another.
ExitCode PrintReport(Context& context, const intake::ImportReport& report,
                     const std::string& receipt);

struct ImportArguments {
  std::string file;
  std::string receipt;   // Empty: beside the file, the first free or unfinished name.
  bool dry_run = false;  // Sends nothing at all.
  bool validate_only = false;

  void Declare(Arguments& arguments, const std::string& file_help);
};

// Reads, maps and sends the file, which must hold `content`, and prints the report.
StatusOr<ExitCode> RunImport(Context& context, const ImportArguments& arguments,
                             intake::Content content);

// `import` of cases and of statistics.
template <intake::Content kContent>
class ImportCommand final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    import_.Declare(arguments, kContent == intake::Content::kCases
                                   ? "File of case records, CSV"
                                   : "File of official figures, CSV");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    return RunImport(context, import_, kContent);
  }

 private:
  ImportArguments import_;
};

// "<file>.receipt.csv", or with -2, -3, ... when a finished receipt has that name.
std::string ReceiptFor(const std::string& file);

}  // namespace enlace::cli
