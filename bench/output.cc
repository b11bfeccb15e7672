#include "bench/output.h"

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

namespace enlace::bench {

void Figure(std::string_view metric, double value, std::string_view unit) {
  fmt::print("R {} {:.6g} {}\n", metric, value, unit);
  std::fflush(stdout);
}

void Progress(const std::string& text) { fmt::print(stderr, "# {}\n", text); }

void Die(const std::string& text) {
  fmt::print(stderr, "enlace-bench: {}\n", text);
  std::exit(1);
}

}  // namespace enlace::bench
