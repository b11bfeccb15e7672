#pragma once

#include <string>
#include <string_view>

// The fixed parts of the page.
namespace enlace::report {

// From the doctype to the language buttons; `title` is escaped already.
std::string PageHead(std::string_view title);

}  // namespace enlace::report
