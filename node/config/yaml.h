#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/base/error.h"

// A YAML document as plain values, and a reader that collects every fault with its path
// instead of stopping at the first. The only door to yaml-cpp.
namespace enlace::config {

// Limits: 4 MiB a document, depth 32; duplicate keys, aliases and tags are refused.
class Yaml {
 public:
  enum class Kind { kNull, kScalar, kList, kMap };

  static StatusOr<Yaml> Parse(std::string_view text);
  // FILE_UNREADABLE, CONFIG_INVALID (with the line).
  static StatusOr<Yaml> LoadFile(const std::string& path);

  Kind kind() const { return kind_; }
  int line() const { return line_; }  // From 1.
  const std::string& scalar() const { return scalar_; }
  const std::vector<Yaml>& items() const { return items_; }
  const std::vector<std::pair<std::string, Yaml>>& members() const { return members_; }
  // Null when absent.
  const Yaml* Find(std::string_view key) const;

 private:
  friend class YamlBuilder;
  Kind kind_ = Kind::kNull;
  int line_ = 0;
  std::string scalar_;
  std::vector<Yaml> items_;
  std::vector<std::pair<std::string, Yaml>> members_;
};

// Faults found so far, each "path (line n): what was expected".
class Faults {
 public:
  void Add(std::string_view path, int line, std::string_view text);
  bool empty() const { return faults_.empty(); }
  const std::vector<FieldViolation>& list() const { return faults_; }
  // OK, or `reason` with every fault.
  Status ToStatus(Reason reason, std::string_view what) const;

 private:
  std::vector<FieldViolation> faults_;
};

// Reads the members of one map; at the end Finish() reports members nobody asked for.
class MapReader {
 public:
  // `node` may be null or no map: reported once, and all reads then give defaults.
  MapReader(const Yaml* node, std::string path, Faults& faults);

  std::string String(std::string_view key, std::optional<std::string> fallback = std::nullopt);
  int64_t Int(std::string_view key, int64_t min, int64_t max,
              std::optional<int64_t> fallback = std::nullopt);
  bool Bool(std::string_view key, std::optional<bool> fallback = std::nullopt);
  std::vector<std::string> Strings(std::string_view key, bool required = false);
  // The member itself, or null; marks it as read.
  const Yaml* Member(std::string_view key, bool required = false);
  // All members as strings, in document order; marks all as read.
  std::vector<std::pair<std::string, std::string>> AllStrings();
  std::string PathOf(std::string_view key) const;
  void Fault(std::string_view key, std::string_view text);
  void Finish();

 private:
  const Yaml* node_;
  std::string path_;
  Faults& faults_;
  std::vector<std::string> seen_;
};

// Calls `read` with a reader for each item of a list of maps; nothing for null.
void ForEachMap(const Yaml* list, const std::string& path, Faults& faults,
                const std::function<void(MapReader&)>& read);

// Of files that are read whole.
inline constexpr size_t kFileBytesMax = 256 << 20;

// The whole file as text. FILE_UNREADABLE, also for what is no regular file (a pipe would make
// the caller wait, a device never end) and for one above kFileBytesMax.
StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace enlace::config
