#include "node/service/case_answer.h"

#include "node/base/check.h"
#include "node/base/wire.h"
#include "node/service/case_convert.h"

namespace enlace::service {
namespace {

// A tag is field number * 8 + wire type (0 number, 2 bytes); all fit one byte.
constexpr uint8_t kRecordsTag = 1 << 3 | 2;
constexpr uint8_t kNextPageTokenTag = 2 << 3 | 2;
// Of CaseRecord; its fields 3 to 7 are the content.
constexpr uint8_t kNameTag = 1 << 3 | 2;
constexpr uint8_t kEntityTag = 2 << 3 | 2;
constexpr uint8_t kStateTag = 8 << 3;
constexpr uint8_t kRevisionTag = 9 << 3;
constexpr uint8_t kCreateTimeTag = 10 << 3;
constexpr uint8_t kUpdateTimeTag = 11 << 3;
constexpr uint8_t kEtagTag = 12 << 3 | 2;

void AppendField(uint8_t tag, uint64_t value, std::string& out) {
  if (value == 0) return;
  out.push_back(static_cast<char>(tag));
  AppendVarint(out, value);
}

void AppendBytes(uint8_t tag, std::string_view bytes, std::string& out) {
  if (bytes.empty()) return;
  out.push_back(static_cast<char>(tag));
  AppendVarint(out, bytes.size());
  out += bytes;
}

// As HexEncode, in place: this is done for each of many records.
void AppendHex(std::string_view bytes, std::string& out) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
    out.push_back(kDigits[static_cast<uint8_t>(c) & 15]);
  }
}

void AppendTail(const store::StoredCaseView& view, std::string& out) {
  AppendField(kStateTag, static_cast<uint64_t>(view.state), out);
  AppendField(kRevisionTag, view.revision, out);
  AppendField(kCreateTimeTag, static_cast<uint64_t>(view.create_time_ms), out);
  AppendField(kUpdateTimeTag, static_cast<uint64_t>(view.update_time_ms), out);
  AppendBytes(kEtagTag, CaseEtag(view.revision), out);
}

constexpr size_t kTailBytes = 64;   // At most, with its etag.
constexpr size_t kCaseBytes = 320;  // About, of a full record.

// A CaseRecord in parts, so that its size is known before it is written.
class CaseParts {
 public:
  // Outlived by `name_prefix` and what `view` sees.
  CaseParts(std::string_view name_prefix, const store::StoredCaseView& view)
      : name_prefix_(name_prefix), view_(view) {
    tail_.reserve(kTailBytes);
    AppendTail(view, tail_);
  }

  size_t size() const {
    const size_t entity = view_.entity.size();
    return 1 + VarintBytes(NameBytes()) + NameBytes() +
           (entity == 0 ? 0 : 1 + VarintBytes(entity) + entity) + view_.content.size() +
           tail_.size();
  }
  void AppendTo(std::string& out) const {
    out.push_back(static_cast<char>(kNameTag));
    AppendVarint(out, NameBytes());
    out += name_prefix_;
    AppendHex(view_.reference, out);
    AppendBytes(kEntityTag, view_.entity, out);
    out += view_.content;
    out += tail_;
  }

 private:
  size_t NameBytes() const { return name_prefix_.size() + 2 * view_.reference.size(); }

  const std::string_view name_prefix_;
  const store::StoredCaseView& view_;
  std::string tail_;
};

}  // namespace

CaseAnswer::CaseAnswer(std::string_view jurisdiction, size_t cases)
    : name_prefix_(CaseName(jurisdiction, "")), pieces_(cases) {
  bytes_.reserve(cases * kCaseBytes);
}

void CaseAnswer::Add(size_t place, const store::StoredCaseView& view) {
  Piece& piece = pieces_.at(place);
  ENLACE_CHECK(piece.size == 0);
  piece.begin = bytes_.size();
  const CaseParts parts(name_prefix_, view);
  bytes_.push_back(static_cast<char>(kRecordsTag));
  AppendVarint(bytes_, parts.size());
  parts.AppendTo(bytes_);
  piece.size = bytes_.size() - piece.begin;
  in_order_ += place == in_order_ ? 1 : 0;
}

std::string CaseAnswer::Take() {
  if (in_order_ == pieces_.size()) return std::move(bytes_);
  std::string ordered;
  ordered.reserve(bytes_.size());
  for (const Piece& piece : pieces_) {
    ENLACE_CHECK(piece.size > 0);
    ordered.append(bytes_, piece.begin, piece.size);
  }
  return ordered;
}

std::string CaseBytes(std::string_view jurisdiction, const store::StoredCaseView& view) {
  const std::string name_prefix = CaseName(jurisdiction, "");
  const CaseParts parts(name_prefix, view);
  std::string bytes;
  bytes.reserve(parts.size());
  parts.AppendTo(bytes);
  return bytes;
}

void AppendNextPageToken(std::string_view token, std::string& bytes) {
  AppendBytes(kNextPageTokenTag, token, bytes);
}

}  // namespace enlace::service
