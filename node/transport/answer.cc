#include "node/transport/answer.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "google/protobuf/descriptor.h"

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

std::optional<uint64_t> ReadVarint(std::string_view& bytes) {
  if (!bytes.empty() && static_cast<unsigned char>(bytes[0]) < 0x80) {  // As most are.
    const auto value = static_cast<unsigned char>(bytes[0]);
    bytes.remove_prefix(1);
    return value;
  }
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size() && i < 10; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      bytes.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
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
    while (!bytes.empty()) {
      const std::optional<uint64_t> tag = ReadVarint(bytes);
      if (!tag.has_value() || *tag > UINT32_MAX) return Malformed();
      ENLACE_RETURN_IF_ERROR(Add(1));
      ENLACE_RETURN_IF_ERROR(Value(bytes, type, *tag, depth));
    }
    return Status();
  }

 private:
  // Takes the value behind `tag`, a field of `type`, from the front of `bytes`.
  Status Value(std::string_view& bytes, const Descriptor& type, uint64_t tag, int depth) {
    const uint64_t wire_type = tag & 7;
    uint64_t size = 0;
    switch (wire_type) {
      case 0:
        return ReadVarint(bytes).has_value() ? Status() : Malformed();
      case 1:
        size = 8;
        break;
      case 2: {
        const std::optional<uint64_t> length = ReadVarint(bytes);
        if (!length.has_value()) return Malformed();
        size = *length;
        break;
      }
      case 5:
        size = 4;
        break;
      default:
        return Malformed();  // Groups, which no message of ours has.
    }
    if (size > bytes.size()) return Malformed();
    const std::string_view content = bytes.substr(0, static_cast<size_t>(size));
    bytes.remove_prefix(static_cast<size_t>(size));
    if (wire_type != 2) return Status();
    // Looked for where it matters alone: most elements of an answer are numbers.
    const FieldDescriptor* const field = type.FindFieldByNumber(static_cast<int>(tag >> 3));
    if (field == nullptr) return Status();  // We do not know it.
    if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
      return Count(content, *field->message_type(), depth + 1);
    }
    return field->is_packable() ? Add(PackedMembers(content, *field)) : Status();
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
