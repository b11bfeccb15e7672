#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

// One line per event to standard error: time, level, event, key=value pairs.
//
// Values are escaped, so that text from a peer cannot forge a line. No case attribute,
// no figure of a case and no key material is ever passed here. Thread-safe.
namespace enlace {

using LogField = std::pair<std::string_view, std::string>;

enum class LogLevel { kDebug, kInfo, kWarning, kError };

void SetLogLevel(LogLevel level);
void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

inline void LogInfo(std::string_view event, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kInfo, event, fields);
}
inline void LogWarning(std::string_view event, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kWarning, event, fields);
}
inline void LogError(std::string_view event, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kError, event, fields);
}

// The text as it appears after key=: bare when harmless, else quoted with \xNN escapes.
std::string LogValue(std::string_view text);

}  // namespace enlace
