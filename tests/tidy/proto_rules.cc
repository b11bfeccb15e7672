#include "tests/tidy/proto_rules.h"

#include <algorithm>
#include <map>

namespace enlace::tidy {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::SourceCodeInfo;
using Path = std::vector<int>;

Path Extend(Path path, int field, int index) {
  path.push_back(field);
  path.push_back(index);
  return path;
}

// Walks everything that must be explained.
class CommentCheck {
 public:
  explicit CommentCheck(const FileDescriptorProto& file) : file_(file) {
    for (const SourceCodeInfo::Location& location : file.source_code_info().location()) {
      locations_[Path(location.path().begin(), location.path().end())] = &location;
    }
  }

  std::vector<Finding> Run() {
    for (int i = 0; i < file_.message_type_size(); ++i) {
      Message(file_.message_type(i), Extend({}, FileDescriptorProto::kMessageTypeFieldNumber, i));
    }
    for (int i = 0; i < file_.enum_type_size(); ++i) {
      Enum(file_.enum_type(i), Extend({}, FileDescriptorProto::kEnumTypeFieldNumber, i));
    }
    for (int i = 0; i < file_.service_size(); ++i) {
      const Path path = Extend({}, FileDescriptorProto::kServiceFieldNumber, i);
      Require(path, "service " + file_.service(i).name());
      for (int j = 0; j < file_.service(i).method_size(); ++j) {
        Require(Extend(path, google::protobuf::ServiceDescriptorProto::kMethodFieldNumber, j),
                "rpc " + file_.service(i).method(j).name());
      }
    }
    return std::move(findings_);
  }

 private:
  void Require(const Path& path, const std::string& what) {
    const auto found = locations_.find(path);
    const bool explained =
        found != locations_.end() &&
        (!found->second->leading_comments().empty() || !found->second->trailing_comments().empty());
    if (explained) return;
    const size_t line =
        found == locations_.end() ? 0 : static_cast<size_t>(found->second->span(0)) + 1;
    findings_.push_back({file_.name(), line, what + " has no comment"});
  }

  void Message(const DescriptorProto& message, const Path& path) {
    if (message.options().map_entry()) return;  // Made by the compiler for a map field.
    Require(path, "message " + message.name());
    for (int i = 0; i < message.field_size(); ++i) {
      Require(Extend(path, DescriptorProto::kFieldFieldNumber, i),
              "field " + message.name() + "." + message.field(i).name());
    }
    for (int i = 0; i < message.oneof_decl_size(); ++i) {
      Require(Extend(path, DescriptorProto::kOneofDeclFieldNumber, i),
              "oneof " + message.name() + "." + message.oneof_decl(i).name());
    }
    for (int i = 0; i < message.nested_type_size(); ++i) {
      Message(message.nested_type(i), Extend(path, DescriptorProto::kNestedTypeFieldNumber, i));
    }
    for (int i = 0; i < message.enum_type_size(); ++i) {
      Enum(message.enum_type(i), Extend(path, DescriptorProto::kEnumTypeFieldNumber, i));
    }
  }

  void Enum(const EnumDescriptorProto& type, const Path& path) {
    Require(path, "enum " + type.name());
    for (int i = 0; i < type.value_size(); ++i) {
      Require(Extend(path, EnumDescriptorProto::kValueFieldNumber, i),
              "value " + type.name() + "." + type.value(i).name());
    }
  }

  const FileDescriptorProto& file_;
  std::map<Path, const SourceCodeInfo::Location*> locations_;
  std::vector<Finding> findings_;
};

bool EndsWith(const std::string& text, const std::string& suffix) {
  return text.size() >= suffix.size() &&
         text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

void CheckZero(const FileDescriptorProto& file, const EnumDescriptorProto& type,
               std::vector<Finding>& findings) {
  const bool stated = type.value_size() == 0 || type.value(0).number() != 0 ||
                      !EndsWith(type.value(0).name(), "UNSPECIFIED");
  if (stated) {
    findings.push_back({file.name(), 0, "enum " + type.name() + " has no ..._UNSPECIFIED = 0"});
  }
}

void CheckZeros(const FileDescriptorProto& file, const DescriptorProto& message,
                std::vector<Finding>& findings) {
  for (const EnumDescriptorProto& type : message.enum_type()) CheckZero(file, type, findings);
  for (const DescriptorProto& nested : message.nested_type()) CheckZeros(file, nested, findings);
}

}  // namespace

std::vector<Finding> CheckComments(const FileDescriptorProto& file) {
  return CommentCheck(file).Run();
}

std::vector<Finding> CheckShape(const FileDescriptorProto& file) {
  std::vector<Finding> findings;
  std::string folder = file.name().substr(0, file.name().find_last_of('/'));
  std::replace(folder.begin(), folder.end(), '/', '.');
  if (file.package() != folder) {
    findings.push_back({file.name(), 0, "package " + file.package() + " is not its folder"});
  }
  for (const EnumDescriptorProto& type : file.enum_type()) CheckZero(file, type, findings);
  for (const DescriptorProto& message : file.message_type()) CheckZeros(file, message, findings);
  return findings;
}

}  // namespace enlace::tidy
