#pragma once

namespace enlace::app {
inline constexpr char kVersion[] = ENLACE_VERSION;  // From CMakeLists.txt.
}  // namespace enlace::app
