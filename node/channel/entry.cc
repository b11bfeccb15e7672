#include "node/channel/entry.h"

#include <algorithm>
#include <bit>

#include "enlace/channel/v1/entry.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "node/base/check.h"
#include "node/crypto/hash.h"

namespace enlace::channel {
namespace {

constexpr std::string_view kCommitmentTag = "enlace/commitment/v1\n";
constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kHourSeconds = 3600;

Status Invalid(std::string_view what) {
  return Error(Reason::ENTRY_INVALID, "the channel entry is refused: " + std::string(what));
}

bool IsKind(std::string_view kind) {
  return !kind.empty() && kind.size() <= kKindBytesMax &&
         std::all_of(kind.begin(), kind.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
         });
}

// The exponent of the power of two that `size` is rounded up to; at least 1, since 0
// says that there is no payload.
uint32_t SizeClass(size_t size) {
  if (size == 0) return 0;
  return std::max<uint32_t>(1, static_cast<uint32_t>(std::bit_width(size - 1)));
}

int64_t CoarseTime(int64_t now_ms) {
  const int64_t hours = now_ms / kHourMs - (now_ms % kHourMs < 0 ? 1 : 0);
  return hours * kHourSeconds;
}

// Headers are encoded once, here; later only these bytes count.
std::string Encode(const v1::EntryHeader& header) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    ENLACE_CHECK(header.SerializeToCodedStream(&coded));
  }
  return bytes;
}

Status CheckVersionOne(const v1::EntryHeader& header) {
  if (!IsKind(header.kind())) return Invalid("its kind is not a short lower-case name");
  if (header.subject_tag().size() != kSubjectTagBytes) {
    return Invalid("its subject tag is not 16 bytes");
  }
  const auto audience = model::Audience::Parse(header.audience());
  if (!audience.ok() || audience->ToString() != header.audience()) {
    return Invalid("its audience is not in canonical form");
  }
  if (header.payload_size_class() > SizeClass(kPayloadBytesMax)) {
    return Invalid("its payload is declared larger than any may be");
  }
  return absl::OkStatus();
}

}  // namespace

Hash Commit(std::string_view opening, std::string_view payload) {
  crypto::Sha256Stream stream;
  stream.Update(kCommitmentTag);
  stream.Update(opening);
  stream.Update(payload);
  return stream.Finish();
}

std::string SubjectTag(std::string_view key, std::string_view subject) {
  const Hash hash = crypto::HmacSha256(key, subject);
  return std::string(AsView(hash).substr(0, kSubjectTagBytes));
}

StatusOr<Header> MakeHeader(const NewEntry& entry, std::string_view opening,
                            std::string_view subject_key, int64_t now_ms) {
  if (entry.payload.size() > kPayloadBytesMax) {
    return Invalid("its payload has " + std::to_string(entry.payload.size()) + " bytes, at most " +
                   std::to_string(kPayloadBytesMax) + " are allowed");
  }
  if (entry.subject.size() > kSubjectBytesMax) return Invalid("its subject is too long");
  ENLACE_CHECK(opening.size() == kOpeningBytes);
  v1::EntryHeader header;
  header.set_schema_version(kHeaderVersion);
  header.set_kind(entry.kind);
  header.set_subject_tag(SubjectTag(subject_key, entry.subject));
  header.set_audience(entry.audience.ToString());
  header.set_payload_size_class(SizeClass(entry.payload.size()));
  header.set_coarse_time(CoarseTime(now_ms));
  const Hash commitment = Commit(opening, entry.payload);
  header.set_commitment(std::string(AsView(commitment)));
  return ParseHeader(Encode(header));
}

StatusOr<Header> ParseHeader(std::string_view raw) {
  if (raw.empty()) return Invalid("its header is empty");
  if (raw.size() > kHeaderBytesMax) return Invalid("its header is larger than 4,096 bytes");
  v1::EntryHeader message;
  if (!message.ParseFromArray(raw.data(), static_cast<int>(raw.size()))) {
    return Invalid("its header is not a header message");
  }
  if (message.schema_version() == 0) return Invalid("its header has no version");
  if (message.commitment().size() != Hash().size()) {
    return Invalid("its commitment is not 32 bytes");
  }
  if (message.schema_version() == kHeaderVersion) {
    ENLACE_RETURN_IF_ERROR(CheckVersionOne(message));
  }
  Header header;
  header.raw = std::string(raw);
  header.schema_version = message.schema_version();
  header.kind = message.kind();
  header.subject_tag = message.subject_tag();
  header.audience = message.audience();
  header.payload_size_class = message.payload_size_class();
  header.coarse_time = message.coarse_time();
  header.commitment = HashFromBytes(message.commitment());
  return header;
}

Status CheckPayload(const Header& header, std::string_view opening, std::string_view payload) {
  if (payload.size() > kPayloadBytesMax) return Invalid("its payload is too large");
  if (opening.size() != kOpeningBytes) return Invalid("its opening is not 32 bytes");
  if (Commit(opening, payload) != header.commitment) {
    return Invalid("its payload does not match its commitment");
  }
  return absl::OkStatus();
}

}  // namespace enlace::channel
