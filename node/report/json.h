#pragma once

#include <string>

#include "node/report/rows.h"

namespace enlace::report {

// regional.json: the rows of the CSV as objects with its column names (numbers as numbers,
// what is empty there is absent here), coverage, the releases with what each counted,
// programmes and the labels of every code
// list that the report uses, in four languages. `compiled_on` is a day. Pure.
std::string WriteJson(const Input& input, const codes::Registry& registry,
                      const std::string& compiled_on);

}  // namespace enlace::report
