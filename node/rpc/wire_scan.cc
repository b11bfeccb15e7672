#include "node/rpc/wire_scan.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <set>

#include "fmt/format.h"
#include "node/base/wire.h"

namespace enlace::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

WireType WireTypeOf(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      return WireType::kFixed64;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      return WireType::kFixed32;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE:
      return WireType::kBytes;
    default:
      return WireType::kVarint;
  }
}

// The singular fields seen in one message. Most numbers are below 64.
class Seen {
 public:
  // False when the number was there already.
  bool Add(int number) {
    if (number < 64) {
      const uint64_t bit = uint64_t{1} << number;
      const bool fresh = (low_ & bit) == 0;
      low_ |= bit;
      return fresh;
    }
    return high_.insert(number).second;
  }

 private:
  uint64_t low_ = 0;
  std::set<int> high_;
};

constexpr size_t kMessagesMin = 10;
constexpr uint32_t kFieldsMax = 64;

// What a scan needs to know of one message type, in one place: asking the descriptors for it, field
// by field of a thousand records, would cost more than reading the bytes.
struct Shape;
struct FieldShape {
  const FieldDescriptor* field = nullptr;  // Null when there is none of this number.
  WireType wire_type = WireType::kVarint;
  bool packable = false;
  bool repeated = false;
  bool text = false;
  int oneof = -1;            // Of a choice; -1 for none.
  Shape* message = nullptr;  // Of a message field.
};
struct Shape {
  const Descriptor* type = nullptr;
  bool known = false;                              // `fields` are filled in.
  std::array<FieldShape, kFieldsMax> fields = {};  // By number.
};

// The shapes of the types of one scan.
class Shapes {
 public:
  Shape& Of(const Descriptor& type) {
    for (Shape& shape : shapes_) {
      if (shape.type == &type) return shape;
    }
    Shape& shape = shapes_.emplace_back();
    shape.type = &type;
    return shape;
  }

  // By value: numbers above kFieldsMax are not kept.
  FieldShape Field(Shape& shape, uint32_t number) {
    if (!shape.known) Fill(shape);
    if (number < kFieldsMax) return shape.fields[number];
    const FieldDescriptor* field = shape.type->FindFieldByNumber(static_cast<int>(number));
    return field == nullptr ? FieldShape() : ShapeOf(*field);
  }

 private:
  void Fill(Shape& shape) {
    for (int i = 0; i < shape.type->field_count(); ++i) {
      const FieldDescriptor& field = *shape.type->field(i);
      const auto number = static_cast<uint32_t>(field.number());
      if (number < kFieldsMax) shape.fields[number] = ShapeOf(field);
    }
    shape.known = true;
  }
  FieldShape ShapeOf(const FieldDescriptor& field) {
    FieldShape out;
    out.field = &field;
    out.wire_type = WireTypeOf(field);
    out.packable = field.is_packable();
    out.repeated = field.is_repeated();
    out.text = field.type() == FieldDescriptor::TYPE_STRING;
    const auto* choice = field.real_containing_oneof();
    if (choice != nullptr) out.oneof = choice->index();
    if (field.type() == FieldDescriptor::TYPE_MESSAGE) out.message = &Of(*field.message_type());
    return out;
  }

  std::deque<Shape> shapes_;  // Stay where they are.
};

class Scanner {
 public:
  Scanner(std::string_view whole, size_t elements_max)
      : begin_(whole.data()), elements_max_(elements_max) {}

  Status Scan(std::string_view bytes, const Descriptor& type) {
    return Scan(bytes, shapes_.Of(type), 1);
  }

 private:
  Status Scan(std::string_view bytes, Shape& shape, int depth) {
    const Descriptor& type = *shape.type;
    if (depth > kNestingMax) {
      return Error(Reason::REQUEST_TOO_LARGE,
                   fmt::format("expected at most {} messages within each other, seen more in {}",
                               kNestingMax, type.full_name()),
                   {{"nesting_max", std::to_string(kNestingMax)}});
    }
    if (depth > 1 && ++messages_ > MessagesMax()) return TooManyMessages();
    Seen singular;
    Seen oneofs;
    while (!bytes.empty()) {
      const char* const at = bytes.data();
      uint64_t tag = 0;
      if (!TakeVarint(bytes, tag) || tag > UINT32_MAX || (tag >> 3) == 0) {
        return Malformed(type, at, "no field tag");
      }
      if (++elements_ > elements_max_) return TooManyElements();
      const auto number = static_cast<uint32_t>(tag >> 3);
      const FieldShape field = shapes_.Field(shape, number);
      if (field.field == nullptr) {
        return Error(Reason::REQUEST_UNKNOWN_FIELD,
                     fmt::format("{} has no field {} in this version; compare the versions of "
                                 "client and node",
                                 type.full_name(), number),
                     {{"type", type.full_name()}, {"field", std::to_string(number)}});
      }
      if (!field.repeated && !singular.Add(static_cast<int>(number))) {
        return Malformed(type, at, fmt::format("a second {}", field.field->name()));
      }
      if (field.oneof >= 0 && !oneofs.Add(field.oneof)) {
        return Malformed(type, at,
                         fmt::format("{} beside another of its choice", field.field->name()));
      }
      ENLACE_RETURN_IF_ERROR(Value(bytes, type, field, static_cast<WireType>(tag & 7), depth));
    }
    return Status();
  }

  // Takes the value of `field` from the front of `bytes`.
  Status Value(std::string_view& bytes, const Descriptor& type, const FieldShape& field,
               WireType wire_type, int depth) {
    const char* const at = bytes.data();
    const bool packed = wire_type == WireType::kBytes && field.packable;
    if (wire_type != field.wire_type && !packed) {
      return Malformed(type, at,
                       fmt::format("a wire type that {} does not have", field.field->name()));
    }
    uint64_t number = 0;
    if (wire_type == WireType::kVarint) {
      return TakeVarint(bytes, number) ? Status() : Malformed(type, at, "a cut-off number");
    }
    uint64_t size = wire_type == WireType::kFixed64 ? 8 : 4;
    if (wire_type == WireType::kBytes && !TakeVarint(bytes, size)) {
      return Malformed(type, at, "a cut-off length");
    }
    if (size > bytes.size()) {
      return Malformed(type, at,
                       fmt::format("the end of the bytes within {}", field.field->name()));
    }
    const std::string_view content = bytes.substr(0, static_cast<size_t>(size));
    bytes.remove_prefix(static_cast<size_t>(size));
    if (wire_type != WireType::kBytes) return Status();
    if (packed) return Packed(content, type, field);
    if (field.message != nullptr) return Scan(content, *field.message, depth + 1);
    if (field.text && !IsUtf8(content)) {
      std::string what = fmt::format("a {} that is not UTF-8", field.field->name());
#ifdef ENLACE_BREAK_ERROR_ECHO
      what += ": ";
      what += content;
#endif
      return Malformed(type, at, what);
    }
    return Status();
  }

  Status Packed(std::string_view content, const Descriptor& type, const FieldShape& field) {
    const char* const at = content.data();
    if (field.wire_type != WireType::kVarint) {
      const size_t size = field.wire_type == WireType::kFixed64 ? 8 : 4;
      if (content.size() % size != 0) {
        return Malformed(type, at, fmt::format("a cut-off member of {}", field.field->name()));
      }
      elements_ += content.size() / size;
      return elements_ > elements_max_ ? TooManyElements() : Status();
    }
    uint64_t member = 0;
    while (!content.empty()) {
      if (!TakeVarint(content, member)) {
        return Malformed(type, at, fmt::format("a cut-off member of {}", field.field->name()));
      }
      if (++elements_ > elements_max_) return TooManyElements();
    }
    return Status();
  }

  Status TooManyElements() const {
    return Error(Reason::REQUEST_TOO_LARGE,
                 fmt::format("expected at most {} elements in one request of this method, seen "
                             "more; send several requests",
                             elements_max_),
                 {{"elements_max", std::to_string(elements_max_)}});
  }

  // An empty message takes two bytes here and some hundred once it is parsed.
  size_t MessagesMax() const { return std::max<size_t>(kMessagesMin, elements_max_ / 10); }
  Status TooManyMessages() const {
    return Error(Reason::REQUEST_TOO_LARGE,
                 fmt::format("expected at most {} messages in one request of this method, seen "
                             "more; send several requests",
                             MessagesMax()),
                 {{"messages_max", std::to_string(MessagesMax())}});
  }

  Status Malformed(const Descriptor& type, const char* at, std::string_view seen) const {
    return Error(Reason::REQUEST_MALFORMED,
                 fmt::format("expected the bytes of {}, seen {} at byte {}", type.full_name(), seen,
                             at - begin_),
                 {{"type", type.full_name()}, {"byte", std::to_string(at - begin_)}});
  }

  const char* const begin_;
  const size_t elements_max_;
  Shapes shapes_;
  size_t messages_ = 0;
  size_t elements_ = 0;
};

// Bytes of the sequence that `lead` begins, or 0.
size_t Utf8Length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

}  // namespace

Status ScanWire(std::string_view bytes, const Descriptor& type, size_t elements_max) {
  return Scanner(bytes, elements_max).Scan(bytes, type);
}

bool IsUtf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = Utf8Length(lead);
    if (length == 0 || length > text.size() - i) return false;
    for (size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    // The second byte decides over overlong forms, surrogates and the upper end.
    const unsigned char second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
        (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) {
      return false;
    }
    i += length;
  }
  return true;
}

}  // namespace enlace::rpc
