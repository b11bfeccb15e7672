// What the protos put on wires and disks: a number is never given another meaning.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "google/protobuf/descriptor.pb.h"
#include "node/config/yaml.h"
#include "tests/testing/golden.h"

namespace enlace {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;

void AddEnum(const EnumDescriptorProto& type, const std::string& scope,
             std::set<std::string>& lines) {
  for (const auto& value : type.value()) {
    lines.insert(fmt::format("enum {}.{} {} {}", scope, type.name(), value.number(), value.name()));
  }
}

void AddMessage(const DescriptorProto& type, const std::string& scope,
                std::set<std::string>& lines) {
  const std::string name = scope + "." + type.name();
  for (const auto& field : type.field()) {
    std::string kind = FieldDescriptorProto::Type_Name(field.type()).substr(5);
    if (!field.type_name().empty()) kind = field.type_name().substr(1);
    const bool repeated = field.label() == FieldDescriptorProto::LABEL_REPEATED;
    const std::string inside = field.has_oneof_index() && !field.proto3_optional()
                                   ? " oneof " + type.oneof_decl(field.oneof_index()).name()
                                   : "";
    lines.insert(fmt::format("field {} {} {} {}{}{}{}", name, field.number(), field.name(),
                             repeated ? "repeated " : "",
                             field.proto3_optional() ? "optional " : "", kind, inside));
  }
  for (const auto& range : type.reserved_range()) {
    lines.insert(fmt::format("reserved {} {}-{}", name, range.start(), range.end() - 1));
  }
  for (const auto& nested : type.nested_type()) AddMessage(nested, name, lines);
  for (const auto& nested : type.enum_type()) AddEnum(nested, name, lines);
}

void AddFile(const FileDescriptorProto& file, std::set<std::string>& lines) {
  for (const auto& type : file.message_type()) AddMessage(type, file.package(), lines);
  for (const auto& type : file.enum_type()) AddEnum(type, file.package(), lines);
  for (const auto& service : file.service()) {
    for (const auto& method : service.method()) {
      lines.insert(
          fmt::format("method {}.{}/{} {}{} -> {}{}", file.package(), service.name(), method.name(),
                      method.client_streaming() ? "stream " : "", method.input_type().substr(1),
                      method.server_streaming() ? "stream " : "", method.output_type().substr(1)));
    }
  }
}

TEST(GoldenProtos, FieldsValuesAndMethodsKeepTheirNumbers) {
  google::protobuf::FileDescriptorSet files;
  ASSERT_TRUE(files.ParseFromString(*config::ReadFile(ENLACE_PROTOSET)));
  std::set<std::string> lines;
  for (const auto& file : files.file()) {
    if (file.package().rfind("enlace.", 0) == 0) AddFile(file, lines);
  }
  testing::ExpectGoldenLines("protos.txt", lines);
}

}  // namespace
}  // namespace enlace
