#pragma once

#include <string>

#include "client/cli/context.h"
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
  bool cases = true;  // What the file must hold.
};

// Reads, maps and sends the file, and prints the report.
StatusOr<ExitCode> RunImport(Context& context, const ImportArguments& arguments);

// "<file>.receipt.csv", or with -2, -3, ... when a finished receipt has that name.
std::string ReceiptFor(const std::string& file);

}  // namespace enlace::cli
