#pragma once

#include <functional>
#include <string>

#include "CLI/CLI.hpp"
#include "node/base/error.h"
#include "node/service/store_verification.h"
#include "node/store/signing.h"

// The commands of `enlaced`, one file each. Each adds its sub-command and options to the
// parser and, when it was chosen, leaves what is to be done in `run`, which returns the
// exit code: 0 is success, 1 a refusal or fault told on standard error, 2 wrong usage.
namespace enlace::app {

using Run = std::function<int()>;

void AddInit(CLI::App& parser, Run& run);
void AddServe(CLI::App& parser, Run& run);
void AddCheckConfig(CLI::App& parser, Run& run);
void AddBackup(CLI::App& parser, Run& run);
void AddRestore(CLI::App& parser, Run& run);
void AddVerify(CLI::App& parser, Run& run);
void AddAdopt(CLI::App& parser, Run& run);
void AddVersion(CLI::App& parser, Run& run);

// How many of what a verification has looked at, and what does not hold, on standard output.
void PrintCounts(const service::StoreVerification& verified);
void PrintFindings(const service::StoreVerification& verified);
// "CHANNEL=SIZE,..." of the own channels, line by line and how the operator confirms them.
void PrintSigningClosed(const store::ChannelSizes& own_sizes, const std::string& config_path);

// "enlaced: STORE_LOCKED: ..." on standard error; returns 1.
int Fail(const Status& status);

}  // namespace enlace::app
