#pragma once

#include <functional>
#include <string>

#include "CLI/CLI.hpp"
#include "node/base/error.h"

// The commands of `enlaced`, one file each. Each adds its sub-command and options to the
// parser and, when it was chosen, leaves what is to be done in `run`, which returns the
// exit code: 0 is success, 1 a refusal or fault told on standard error, 2 wrong usage.
namespace enlace::app {

using Run = std::function<int()>;

void AddInit(CLI::App& parser, Run& run);
void AddServe(CLI::App& parser, Run& run);
void AddCheckConfig(CLI::App& parser, Run& run);
void AddVerify(CLI::App& parser, Run& run);
void AddAdopt(CLI::App& parser, Run& run);
void AddVersion(CLI::App& parser, Run& run);

// "enlaced: STORE_LOCKED: ..." on standard error; returns 1.
int Fail(const Status& status);

}  // namespace enlace::app
