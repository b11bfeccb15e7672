#include "node/model/case_wire.h"

namespace enlace::model {
namespace {

// A tag is field number * 8 + wire type (0 number, 2 bytes); all fit one byte.
constexpr uint8_t kVersionTag = 3 << 3;
constexpr uint8_t kYearTag = 4 << 3;
constexpr uint8_t kQuarterTag = 5 << 3;
constexpr uint8_t kSingleTag = 6 << 3 | 2;
constexpr uint8_t kSetTag = 7 << 3 | 2;
// Of both kinds of values.
constexpr uint8_t kAttributeTag = 1 << 3;
// Of SingleValue.
constexpr uint8_t kCodeTag = 2 << 3;
constexpr uint8_t kMissingTag = 3 << 3;
// Of SetValue.
constexpr uint8_t kAffirmedTag = 2 << 3 | 2;
constexpr uint8_t kDeniedTag = 3 << 3 | 2;
constexpr uint8_t kRestTag = 4 << 3;

constexpr size_t kNumberBytesMax = 6;  // Tag and 32 bits.
constexpr size_t kHeadBytesMax = 3 * kNumberBytesMax;
constexpr size_t kSingleBytesMax = 2 + 3 * kNumberBytesMax;
// Two lists of 64 codes of one byte each, which is why the length may take two bytes.
constexpr size_t kSetBytesMax = 3 + 2 * kNumberBytesMax + 2 * (2 + 64);
constexpr uint32_t kCodeBits = 64;
constexpr auto kMissingMax = static_cast<uint32_t>(Missing::kNotApplicable);

char* WriteNumber(char* out, uint32_t value) {
  for (; value >= 0x80; value >>= 7) *out++ = static_cast<char>(value | 0x80);
  *out++ = static_cast<char>(value);
  return out;
}

char* WriteField(char* out, uint8_t tag, uint32_t value) {
  if (value == 0) return out;
  *out++ = static_cast<char>(tag);
  return WriteNumber(out, value);
}

char* WriteCodes(char* out, uint8_t tag, uint64_t mask) {
  if (mask == 0) return out;
  *out++ = static_cast<char>(tag);
  *out++ = static_cast<char>(__builtin_popcountll(mask));
  for (; mask != 0; mask &= mask - 1) *out++ = static_cast<char>(__builtin_ctzll(mask));
  return out;
}

// The message between `begin` and `end` moves behind its length.
char* CloseMessage(char* tag_at, uint8_t tag, const char* begin, const char* end) {
  const auto length = static_cast<size_t>(end - begin);
  char* const body = WriteNumber(tag_at + 1, static_cast<uint32_t>(length));
  *tag_at = static_cast<char>(tag);
  if (body != begin) std::copy_backward(begin, end, body + length);
  return body + length;
}

char* WriteSingle(char* out, uint32_t attribute, const SingleValue& value) {
  char* const body = out + 2;
  char* end = WriteField(body, kAttributeTag, attribute);
  end = WriteField(end, kCodeTag, value.code);
  end = WriteField(end, kMissingTag, static_cast<uint32_t>(value.missing));
  return CloseMessage(out, kSingleTag, body, end);
}

char* WriteSet(char* out, uint32_t attribute, const SetValue& value) {
  char* const body = out + 2;
  char* end = WriteField(body, kAttributeTag, attribute);
  end = WriteCodes(end, kAffirmedTag, value.affirmed);
  end = WriteCodes(end, kDeniedTag, value.denied);
  end = WriteField(end, kRestTag, static_cast<uint32_t>(value.rest));
  return CloseMessage(out, kSetTag, body, end);
}

// Reads from the front; after a fault it is not ok() and all it gives is nothing.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return at_ == end_; }
  bool Takes(uint8_t tag) {
    if (at_ == end_ || static_cast<uint8_t>(*at_) != tag) return false;
    ++at_;
    return true;
  }
  // The number behind `tag`; 0 when it is another tag.
  uint32_t Field(uint8_t tag) {
    if (!Takes(tag)) return 0;
    const uint32_t value = Number();
    ok_ = ok_ && value != 0;  // Zeros are left out.
    return value;
  }
  // The bytes behind a tag, which must not be empty.
  std::string_view Bytes() {
    const uint32_t length = Number();
    if (!ok_ || length == 0 || length > static_cast<size_t>(end_ - at_)) {
      ok_ = false;
      return {};
    }
    const std::string_view bytes(at_, length);
    at_ += length;
    return bytes;
  }
  uint64_t Codes(uint8_t tag) {
    if (!Takes(tag)) return 0;
    uint64_t mask = 0;
    uint32_t next = 0;  // The least code that may come.
    for (const char c : Bytes()) {
      const auto code = static_cast<uint8_t>(c);
      if (code < next || code >= kCodeBits) {
        ok_ = false;
        return 0;
      }
      mask |= uint64_t{1} << code;
      next = code + 1U;
    }
    return mask;
  }
  Missing Reason(uint8_t tag) {
    const uint32_t number = Field(tag);
    ok_ = ok_ && number <= kMissingMax;
    return ok_ ? static_cast<Missing>(number) : Missing::kNone;
  }

 private:
  // 32 bits in as few bytes as they need.
  uint32_t Number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 35 && at_ != end_; shift += 7) {
      const auto byte = static_cast<uint8_t>(*at_++);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      ok_ = ok_ && value <= UINT32_MAX && (byte != 0 || shift == 0);
      return static_cast<uint32_t>(value);
    }
    ok_ = false;
    return 0;
  }

  const char* at_;
  const char* const end_;
  bool ok_ = true;
};

// Adds `value` behind all that are there; false when its attribute does not come next.
template <typename Value>
bool AddNext(AttributeMap<Value>& values, uint32_t attribute, const Value& value) {
  return (values.empty() || (values.end() - 1)->first < attribute) &&
         values.emplace(attribute, value).second;
}

bool ParseSingle(std::string_view bytes, CaseContent& out) {
  Cursor in(bytes);
  const uint32_t attribute = in.Field(kAttributeTag);
  const uint32_t code = in.Field(kCodeTag);
  const Missing missing = in.Reason(kMissingTag);
  return in.ok() && in.AtEnd() && AddNext(out.singles, attribute, {code, missing});
}

bool ParseSet(std::string_view bytes, CaseContent& out) {
  Cursor in(bytes);
  const uint32_t attribute = in.Field(kAttributeTag);
  const uint64_t affirmed = in.Codes(kAffirmedTag);
  const uint64_t denied = in.Codes(kDeniedTag);
  const Missing rest = in.Reason(kRestTag);
  return in.ok() && in.AtEnd() && AddNext(out.sets, attribute, {affirmed, denied, rest});
}

}  // namespace

void AppendContentWire(const CaseContent& content, std::string& out) {
  const size_t before = out.size();
  out.resize(before + kHeadBytesMax + content.singles.size() * kSingleBytesMax +
             content.sets.size() * kSetBytesMax);
  char* end = out.data() + before;
  end = WriteField(end, kVersionTag, content.codelist_version);
  end = WriteField(end, kYearTag, content.registration_year);
  end = WriteField(end, kQuarterTag, content.registration_quarter);
  for (const auto& [attribute, value] : content.singles) end = WriteSingle(end, attribute, value);
  for (const auto& [attribute, value] : content.sets) end = WriteSet(end, attribute, value);
  out.resize(static_cast<size_t>(end - out.data()));
}

std::string ContentWire(const CaseContent& content) {
  std::string out;
  AppendContentWire(content, out);
  return out;
}

bool ParseContentWire(std::string_view bytes, CaseContent& out) {
  Cursor in(bytes);
  out.singles.clear();
  out.sets.clear();
  out.codelist_version = in.Field(kVersionTag);
  out.registration_year = in.Field(kYearTag);
  out.registration_quarter = in.Field(kQuarterTag);
  while (in.ok() && in.Takes(kSingleTag)) {
    if (!ParseSingle(in.Bytes(), out)) return false;
  }
  while (in.ok() && in.Takes(kSetTag)) {
    if (!ParseSet(in.Bytes(), out)) return false;
  }
  return in.ok() && in.AtEnd();
}

uint32_t YearOfContentWire(std::string_view bytes) {
  Cursor in(bytes);
  static_cast<void>(in.Field(kVersionTag));
  const uint32_t year = in.Field(kYearTag);
  return in.ok() ? year : 0;
}

}  // namespace enlace::model
