#pragma once

#include <string>
#include <string_view>

#include "node/base/error.h"

// What a measure prints: its figures on standard output, all else on standard error.
namespace enlace::bench {

// "R METRIC VALUE UNIT".
void Figure(std::string_view metric, double value, std::string_view unit);

void Progress(const std::string& text);

// Ends the program with exit code 1: a measure that failed has no figure.
[[noreturn]] void Die(const std::string& text);

inline void Must(const Status& status) {
  if (!status.ok()) Die(std::string(ReasonName(ReasonOf(status))) + ": " + MessageOf(status));
}
template <typename T>
T Must(StatusOr<T> result) {
  Must(result.status());
  return *std::move(result);
}

}  // namespace enlace::bench
