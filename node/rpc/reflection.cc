#include "node/rpc/reflection.h"

#include <set>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace enlace::rpc {
namespace {

namespace pb = ::grpc::reflection::v1alpha;
using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;

// "/a.B/C" -> "a.B".
std::string ServiceOf(std::string_view method) {
  return std::string(method.substr(1, method.find('/', 1) - 1));
}

std::set<std::string> Services(const HandlerTable& table) {
  std::set<std::string> services;
  for (const std::string& method : table.Methods()) services.insert(ServiceOf(method));
  return services;
}

void AddWithImports(const FileDescriptor& file, std::set<const FileDescriptor*>& files) {
  if (!files.insert(&file).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) AddWithImports(*file.dependency(i), files);
}

// The files that the table's services need; what is stored on disk is not among them.
std::set<const FileDescriptor*> Visible(const HandlerTable& table) {
  std::set<const FileDescriptor*> files;
  for (const std::string& service : Services(table)) {
    const auto* descriptor = DescriptorPool::generated_pool()->FindServiceByName(service);
    if (descriptor != nullptr) AddWithImports(*descriptor->file(), files);
  }
  return files;
}

void SetError(pb::ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(static_cast<int>(absl::StatusCode::kNotFound));
  response.mutable_error_response()->set_error_message("the node has no such file or name");
}

void AnswerFile(const HandlerTable& table, const FileDescriptor* file,
                pb::ServerReflectionResponse& response) {
  if (file == nullptr || !Visible(table).contains(file)) return SetError(response);
  std::set<const FileDescriptor*> files;
  AddWithImports(*file, files);
  files.erase(file);
  const auto add = [&response](const FileDescriptor& one) {
    google::protobuf::FileDescriptorProto proto;
    one.CopyTo(&proto);
    response.mutable_file_descriptor_response()->add_file_descriptor_proto(
        proto.SerializeAsString());
  };
  add(*file);
  for (const FileDescriptor* import : files) add(*import);
}

pb::ServerReflectionResponse Answer(const HandlerTable& table,
                                    const pb::ServerReflectionRequest& request) {
  using Request = pb::ServerReflectionRequest;
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  pb::ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kFileByFilename:
      AnswerFile(table, pool.FindFileByName(request.file_by_filename()), response);
      break;
    case Request::kFileContainingSymbol:
      AnswerFile(table, pool.FindFileContainingSymbol(request.file_containing_symbol()), response);
      break;
    case Request::kAllExtensionNumbersOfType: {
      const auto* type = pool.FindMessageTypeByName(request.all_extension_numbers_of_type());
      if (type == nullptr || !Visible(table).contains(type->file())) {
        SetError(response);
      } else {
        response.mutable_all_extension_numbers_response()->set_base_type_name(type->full_name());
      }
      break;
    }
    case Request::kListServices:
      for (const std::string& service : Services(table)) {
        response.mutable_list_services_response()->add_service()->set_name(service);
      }
      break;
    default:
      SetError(response);
  }
  return response;
}

}  // namespace

void RegisterReflection(HandlerTable& table) {
  MethodLimits limits;
  limits.request_bytes_max = 4 << 10;
  limits.elements_max = 20;
  table.Register<pb::ServerReflectionRequest, pb::ServerReflectionResponse>(
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
      [&table](const CallContext&, const pb::ServerReflectionRequest& request)
          -> StatusOr<pb::ServerReflectionResponse> { return Answer(table, request); },
      limits);
}

}  // namespace enlace::rpc
