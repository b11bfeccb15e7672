#include "node/rpc/wire_scan.h"

#include <cstdint>
#include <optional>
#include <set>

#include "fmt/format.h"

namespace enlace::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

WireType WireTypeOf(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      return kFixed64;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      return kFixed32;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE:
      return kBytes;
    default:
      return kVarint;
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

class Scanner {
 public:
  Scanner(std::string_view whole, size_t elements_max)
      : begin_(whole.data()), elements_max_(elements_max) {}

  Status Scan(std::string_view bytes, const Descriptor& type, int depth) {
    if (depth > kNestingMax) {
      return Error(Reason::REQUEST_TOO_LARGE,
                   fmt::format("expected at most {} messages within each other, seen more in {}",
                               kNestingMax, type.full_name()),
                   {{"nesting_max", std::to_string(kNestingMax)}});
    }
    if (depth > 1) ENLACE_RETURN_IF_ERROR(CountMessage());
    Seen singular;
    Seen oneofs;
    while (!bytes.empty()) {
      const char* const at = bytes.data();
      const std::optional<uint64_t> tag = ReadVarint(bytes);
      if (!tag.has_value() || *tag > UINT32_MAX || (*tag >> 3) == 0) {
        return Malformed(type, at, "no field tag");
      }
      ENLACE_RETURN_IF_ERROR(Count(1));
      const int number = static_cast<int>(*tag >> 3);
      const FieldDescriptor* field = type.FindFieldByNumber(number);
      if (field == nullptr) {
        return Error(Reason::REQUEST_UNKNOWN_FIELD,
                     fmt::format("{} has no field {} in this version; compare the versions of "
                                 "client and node",
                                 type.full_name(), number),
                     {{"type", type.full_name()}, {"field", std::to_string(number)}});
      }
      if (!field->is_repeated() && !singular.Add(number)) {
        return Malformed(type, at, fmt::format("a second {}", field->name()));
      }
      if (field->real_containing_oneof() != nullptr &&
          !oneofs.Add(field->real_containing_oneof()->index())) {
        return Malformed(type, at, fmt::format("{} beside another of its choice", field->name()));
      }
      ENLACE_RETURN_IF_ERROR(Value(bytes, type, *field, static_cast<uint32_t>(*tag & 7), depth));
    }
    return Status();
  }

 private:
  // Takes the value of `field` from the front of `bytes`.
  Status Value(std::string_view& bytes, const Descriptor& type, const FieldDescriptor& field,
               uint32_t wire_type, int depth) {
    const char* const at = bytes.data();
    const bool packed = wire_type == kBytes && field.is_packable();
    if (wire_type != static_cast<uint32_t>(WireTypeOf(field)) && !packed) {
      return Malformed(type, at, fmt::format("a wire type that {} does not have", field.name()));
    }
    if (wire_type == kVarint) {
      if (!ReadVarint(bytes).has_value()) return Malformed(type, at, "a cut-off number");
      return Status();
    }
    uint64_t size = wire_type == kFixed64 ? 8 : 4;
    if (wire_type == kBytes) {
      const std::optional<uint64_t> length = ReadVarint(bytes);
      if (!length.has_value()) return Malformed(type, at, "a cut-off length");
      size = *length;
    }
    if (size > bytes.size()) {
      return Malformed(type, at, fmt::format("the end of the bytes within {}", field.name()));
    }
    const std::string_view content = bytes.substr(0, static_cast<size_t>(size));
    bytes.remove_prefix(static_cast<size_t>(size));
    if (wire_type != kBytes) return Status();
    if (packed) return Packed(content, type, field);
    if (field.type() == FieldDescriptor::TYPE_MESSAGE) {
      return Scan(content, *field.message_type(), depth + 1);
    }
    if (field.type() == FieldDescriptor::TYPE_STRING && !IsUtf8(content)) {
      std::string what = fmt::format("a {} that is not UTF-8", field.name());
#ifdef ENLACE_BREAK_ERROR_ECHO
      what += ": ";
      what += content;
#endif
      return Malformed(type, at, what);
    }
    return Status();
  }

  Status Packed(std::string_view content, const Descriptor& type, const FieldDescriptor& field) {
    const char* const at = content.data();
    const WireType wire_type = WireTypeOf(field);
    if (wire_type != kVarint) {
      const size_t size = wire_type == kFixed64 ? 8 : 4;
      if (content.size() % size != 0) {
        return Malformed(type, at, fmt::format("a cut-off member of {}", field.name()));
      }
      return Count(content.size() / size);
    }
    while (!content.empty()) {
      if (!ReadVarint(content).has_value()) {
        return Malformed(type, at, fmt::format("a cut-off member of {}", field.name()));
      }
      ENLACE_RETURN_IF_ERROR(Count(1));
    }
    return Status();
  }

  Status Count(size_t elements) {
    elements_ += elements;
    if (elements_ <= elements_max_) return Status();
    return Error(Reason::REQUEST_TOO_LARGE,
                 fmt::format("expected at most {} elements in one request of this method, seen "
                             "more; send several requests",
                             elements_max_),
                 {{"elements_max", std::to_string(elements_max_)}});
  }

  // An empty message takes two bytes here and some hundred once it is parsed.
  Status CountMessage() {
    const size_t messages_max = std::max<size_t>(kMessagesMin, elements_max_ / 10);
    if (++messages_ <= messages_max) return Status();
    return Error(Reason::REQUEST_TOO_LARGE,
                 fmt::format("expected at most {} messages in one request of this method, seen "
                             "more; send several requests",
                             messages_max),
                 {{"messages_max", std::to_string(messages_max)}});
  }

  Status Malformed(const Descriptor& type, const char* at, std::string_view seen) const {
    return Error(Reason::REQUEST_MALFORMED,
                 fmt::format("expected the bytes of {}, seen {} at byte {}", type.full_name(), seen,
                             at - begin_),
                 {{"type", type.full_name()}, {"byte", std::to_string(at - begin_)}});
  }

  // At most 10 bytes, at most 64 bits.
  static std::optional<uint64_t> ReadVarint(std::string_view& bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size() && i < 10; ++i) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      if (i == 9 && byte > 1) return std::nullopt;
      value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
      if (byte < 0x80) {
        bytes.remove_prefix(i + 1);
        return value;
      }
    }
    return std::nullopt;
  }

  const char* const begin_;
  const size_t elements_max_;
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
  return Scanner(bytes, elements_max).Scan(bytes, type, 1);
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
