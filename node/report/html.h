#pragma once

#include <string>

#include "node/report/rows.h"

namespace enlace::report {

// regional.html: one page in four languages that needs no network, no script and no other
// file. Language is switched by radio buttons and style alone; without style all four
// languages are shown. Every text is escaped. `compiled_on` is a day. Pure.
std::string WriteHtml(const Input& input, const codes::Registry& registry,
                      const std::string& compiled_on);

// The text with & < > " and ' as references, for element content and quoted attributes.
std::string EscapeHtml(std::string_view text);

}  // namespace enlace::report
