#pragma once

#include <vector>

#include "google/protobuf/descriptor.pb.h"
#include "tests/tidy/source_rules.h"

// Rules about the protos, from a descriptor set with source information.
namespace enlace::tidy {

// Every message, field, oneof, enum, value, service and method carries a comment.
std::vector<Finding> CheckComments(const google::protobuf::FileDescriptorProto& file);

// The package is the folder, and the zero value of every enum says that nothing was stated.
std::vector<Finding> CheckShape(const google::protobuf::FileDescriptorProto& file);

}  // namespace enlace::tidy
