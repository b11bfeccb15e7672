#include "node/transport/answer.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "google/protobuf/descriptor.h"
#include "node/base/wire.h"

namespace enlace::transport {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

Status Malformed() {
  return Error(Reason::REQUEST_MALFORMED, "the answer has other bytes than this method's response");
}

Status TooLarge(std::string_view what, size_t limit) {
  return Error(Reason::REQUEST_TOO_LARGE,
               "the answer has more than " + std::to_string(limit) + " " + std::string(what));
}

size_t PackedMembers(std::string_view content, const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      return content.size() / 8;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      return content.size() / 4;
    default:  // Each number ends in a byte below 0x80.
      return static_cast<size_t>(std::count_if(content.begin(), content.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x80;
      }));
  }
}

class Counter {
 public:
  explicit Counter(size_t elements_max) : elements_max_(elements_max) {}

  Status Count(std::string_view bytes, const Descriptor& type, int depth) {
    if (depth > kAnswerNestingMax) {
      return TooLarge("messages within each other", kAnswerNestingMax);
    }
    WireField field;
    while (!bytes.empty()) {
      if (!TakeField(bytes, field)) return Malformed();
      ENLACE_RETURN_IF_ERROR(Add(1));
      if (field.type == WireType::kBytes) ENLACE_RETURN_IF_ERROR(Content(field, type, depth));
    }
    return Status();
  }

 private:
  Status Content(const WireField& field, const Descriptor& type, int depth) {
    // Looked for where it matters alone: most elements of an answer are numbers.
    const FieldDescriptor* const known = type.FindFieldByNumber(static_cast<int>(field.number));
    if (known == nullptr) return Status();
    if (known->type() == FieldDescriptor::TYPE_MESSAGE) {
      return Count(field.bytes, *known->message_type(), depth + 1);
    }
    return known->is_packable() ? Add(PackedMembers(field.bytes, *known)) : Status();
  }

  Status Add(size_t elements) {
    elements_ += elements;
    return elements_ <= elements_max_ ? Status() : TooLarge("elements", elements_max_);
  }

  const size_t elements_max_;
  size_t elements_ = 0;
};

}  // namespace

Status ParseAnswer(std::string_view bytes, const AnswerLimits& limits,
                   google::protobuf::Message& message) {
  if (bytes.size() > static_cast<size_t>(limits.bytes_max)) {
    return TooLarge("bytes", static_cast<size_t>(limits.bytes_max));
  }
  ENLACE_RETURN_IF_ERROR(Counter(limits.elements_max).Count(bytes, *message.GetDescriptor(), 1));
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Malformed();
  return Status();
}

}  // namespace enlace::transport
