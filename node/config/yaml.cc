#include "node/config/yaml.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace enlace::config {
namespace {

constexpr size_t kDocumentBytesMax = 4 << 20;
constexpr int kDepthMax = 32;

Status Malformed(int line, std::string_view text) {
  return Error(Reason::CONFIG_INVALID, "line " + std::to_string(line) + ": " + std::string(text));
}

}  // namespace

// Copies yaml-cpp's tree into ours; its exceptions end here.
class YamlBuilder {
 public:
  static StatusOr<Yaml> Build(const YAML::Node& node, int depth) {
    Yaml out;
    out.line_ = node.Mark().line + 1;
    if (depth > kDepthMax) return Malformed(out.line_, "nested deeper than 32");
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        out.kind_ = Yaml::Kind::kScalar;
        out.scalar_ = node.Scalar();
        break;
      case YAML::NodeType::Sequence:
        out.kind_ = Yaml::Kind::kList;
        for (const YAML::Node& item : node) {
          ENLACE_ASSIGN_OR_RETURN(Yaml built, Build(item, depth + 1));
          out.items_.push_back(std::move(built));
        }
        break;
      case YAML::NodeType::Map:
        out.kind_ = Yaml::Kind::kMap;
        ENLACE_RETURN_IF_ERROR(BuildMembers(node, depth, out));
        break;
      default:
        break;
    }
    return out;
  }

 private:
  static Status BuildMembers(const YAML::Node& node, int depth, Yaml& out) {
    std::set<std::string> keys;
    for (const auto& member : node) {
      if (!member.first.IsScalar()) return Malformed(out.line_, "expected text as key");
      const std::string& key = member.first.Scalar();
      if (!keys.insert(key).second) {
        return Malformed(member.first.Mark().line + 1, "the key \"" + key + "\" stands twice");
      }
      ENLACE_ASSIGN_OR_RETURN(Yaml built, Build(member.second, depth + 1));
      out.members_.emplace_back(key, std::move(built));
    }
    return absl::OkStatus();
  }
};

StatusOr<Yaml> Yaml::Parse(std::string_view text) {
  if (text.size() > kDocumentBytesMax) {
    return Error(Reason::CONFIG_INVALID, "the document is larger than 4 MiB");
  }
  try {
    return YamlBuilder::Build(YAML::Load(std::string(text)), 0);
  } catch (const YAML::Exception& exception) {
    return Malformed(exception.mark.line + 1, exception.msg);
  }
}

StatusOr<Yaml> Yaml::LoadFile(const std::string& path) {
  ENLACE_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  auto parsed = Parse(text);
  if (!parsed.ok()) return WithContext(parsed.status(), path);
  return parsed;
}

const Yaml* Yaml::Find(std::string_view key) const {
  for (const auto& [name, value] : members_) {
    if (name == key) return &value;
  }
  return nullptr;
}

void Faults::Add(std::string_view path, int line, std::string_view text) {
  std::string field(path);
  if (line > 0) field += " (line " + std::to_string(line) + ")";
  faults_.push_back({std::move(field), std::string(text), Reason::CONFIG_INVALID});
}

Status Faults::ToStatus(Reason reason, std::string_view what) const {
  if (faults_.empty()) return absl::OkStatus();
  std::vector<FieldViolation> violations = faults_;
  for (FieldViolation& violation : violations) violation.reason = reason;
  if (violations.size() == 1) return WithContext(InvalidFields(std::move(violations)), what);
  // Several faults share one reason, so the status keeps it instead of REQUEST_INVALID.
  std::string message(what);
  for (const FieldViolation& violation : violations) {
    message += "\n  " + violation.field + ": " + violation.description;
  }
  return Error(reason, message, {{"faults", std::to_string(violations.size())}});
}

MapReader::MapReader(const Yaml* node, std::string path, Faults& faults)
    : node_(node), path_(std::move(path)), faults_(faults) {
  if (node_ != nullptr && node_->kind() != Yaml::Kind::kMap) {
    faults_.Add(path_, node_->line(), "expected a group of keys");
    node_ = nullptr;
  }
}

std::string MapReader::PathOf(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void MapReader::Fault(std::string_view key, std::string_view text) {
  const Yaml* member = node_ == nullptr ? nullptr : node_->Find(key);
  faults_.Add(PathOf(key), member == nullptr ? 0 : member->line(), text);
}

const Yaml* MapReader::Member(std::string_view key, bool required) {
  seen_.emplace_back(key);
  const Yaml* member = node_ == nullptr ? nullptr : node_->Find(key);
  if (member != nullptr && member->kind() == Yaml::Kind::kNull) member = nullptr;
  if (member == nullptr && required) Fault(key, "required, and missing");
  return member;
}

std::string MapReader::String(std::string_view key, std::optional<std::string> fallback) {
  const Yaml* member = Member(key, !fallback.has_value());
  if (member == nullptr) return fallback.value_or("");
  if (member->kind() != Yaml::Kind::kScalar) {
    Fault(key, "expected a text");
    return fallback.value_or("");
  }
  return member->scalar();
}

int64_t MapReader::Int(std::string_view key, int64_t min, int64_t max,
                       std::optional<int64_t> fallback) {
  const Yaml* member = Member(key, !fallback.has_value());
  if (member == nullptr) return fallback.value_or(min);
  int64_t value = 0;
  const std::string& text = member->scalar();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (member->kind() != Yaml::Kind::kScalar || error != std::errc() ||
      end != text.data() + text.size() || value < min || value > max) {
    Fault(key,
          "expected a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    return fallback.value_or(min);
  }
  return value;
}

bool MapReader::Bool(std::string_view key, std::optional<bool> fallback) {
  const Yaml* member = Member(key, !fallback.has_value());
  if (member == nullptr) return fallback.value_or(false);
  if (member->scalar() == "true") return true;
  if (member->scalar() == "false") return false;
  Fault(key, "expected true or false");
  return fallback.value_or(false);
}

std::vector<std::string> MapReader::Strings(std::string_view key, bool required) {
  const Yaml* member = Member(key, required);
  std::vector<std::string> out;
  if (member == nullptr) return out;
  if (member->kind() != Yaml::Kind::kList) {
    Fault(key, "expected a list of texts");
    return out;
  }
  for (const Yaml& item : member->items()) {
    if (item.kind() != Yaml::Kind::kScalar) {
      faults_.Add(PathOf(key), item.line(), "expected a text");
      continue;
    }
    out.push_back(item.scalar());
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> MapReader::AllStrings() {
  std::vector<std::pair<std::string, std::string>> out;
  if (node_ == nullptr) return out;
  for (const auto& [key, value] : node_->members()) {
    seen_.push_back(key);
    if (value.kind() != Yaml::Kind::kScalar) {
      Fault(key, "expected a text");
      continue;
    }
    out.emplace_back(key, value.scalar());
  }
  return out;
}

void MapReader::Finish() {
  if (node_ == nullptr) return;
  for (const auto& [key, value] : node_->members()) {
    if (std::find(seen_.begin(), seen_.end(), key) == seen_.end()) {
      Fault(key, "unknown key");
    }
  }
}

void ForEachMap(const Yaml* list, const std::string& path, Faults& faults,
                const std::function<void(MapReader&)>& read) {
  if (list == nullptr) return;
  if (list->kind() != Yaml::Kind::kList) {
    faults.Add(path, list->line(), "expected a list");
    return;
  }
  size_t index = 0;
  for (const Yaml& item : list->items()) {
    MapReader reader(&item, path + "[" + std::to_string(index++) + "]", faults);
    read(reader);
    reader.Finish();
  }
}

}  // namespace enlace::config
