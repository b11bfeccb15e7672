#pragma once

// ENLACE_CHECK guards our own invariants, in every build: a broken one means that the
// program is wrong, and it ends before it can do harm. Never use it on outside input.
namespace enlace {
[[noreturn]] void CheckFailed(const char* expression, const char* file, int line);
}  // namespace enlace

#define ENLACE_CHECK(expression) \
  ((expression) ? void(0) : ::enlace::CheckFailed(#expression, __FILE__, __LINE__))
