#pragma once

#include <string>

#include "node/base/error.h"

// How this program tells of a failure: the form that docs/CLI.md promises.
namespace enlace::cli {

// REQUIRES: !status.ok(). Lines for people, or with `json` one object {"error": {...}}; ends
// with a line break. Control characters of a node's texts are shown, never obeyed.
std::string ErrorText(const Status& status, bool json);

}  // namespace enlace::cli
