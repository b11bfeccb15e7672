#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

// Real files of other organisations that lie beside a developer's checkout and are never
// part of the project. A test that wants one skips with a plain message where it is absent.
namespace enlace::testing {

inline std::optional<std::string> SharedDataFile(const std::string& name) {
  const char* folder = std::getenv("ENLACE_SHARED_DATA");
  const std::string path =
      (folder != nullptr ? std::string(folder)
                         : std::string(ENLACE_SOURCE_DIR) + "/../shared/data") +
      "/" + name;
  if (std::filesystem::exists(path)) return path;
  return std::nullopt;
}

}  // namespace enlace::testing
