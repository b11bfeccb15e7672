#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "node/base/bytes.h"
#include "node/base/error.h"
#include "node/model/names.h"

// Making and checking entries: header bytes, salted commitment, subject tag. Pure.
namespace enlace::channel {

inline constexpr size_t kOpeningBytes = 32;
inline constexpr size_t kHeaderBytesMax = 4096;
inline constexpr size_t kPayloadBytesMax = 900'000;
inline constexpr size_t kSubjectTagBytes = 16;
inline constexpr size_t kKindBytesMax = 64;
inline constexpr size_t kSubjectBytesMax = 512;
// The version of header that this software writes and understands.
inline constexpr uint32_t kHeaderVersion = 1;

// The parts of a header that code works with; `raw` is the leaf data, verbatim.
struct Header {
  std::string raw;
  uint32_t schema_version = 1;
  std::string kind;
  std::string subject_tag;
  std::string audience;
  uint32_t payload_size_class = 0;
  int64_t coarse_time = 0;
  Hash commitment{};
};

// SHA-256("enlace/commitment/v1\n" || opening || payload).
Hash Commit(std::string_view opening, std::string_view payload);
// First 16 bytes of HMAC-SHA-256(key, subject).
std::string SubjectTag(std::string_view key, std::string_view subject);

struct NewEntry {
  std::string kind;
  std::string subject;  // Tagged under the owner's key, never written itself.
  model::Audience audience;
  std::string payload;
};
// The header for an entry made at `now_ms` with `opening` (32 random bytes).
// ENTRY_INVALID when over a limit.
StatusOr<Header> MakeHeader(const NewEntry& entry, std::string_view opening,
                            std::string_view subject_key, int64_t now_ms);

// ENTRY_INVALID when the bytes are not a header or over a limit. Unknown fields and
// versions are accepted and kept in `raw`; of an unknown version only the commitment is
// checked, which every version carries.
StatusOr<Header> ParseHeader(std::string_view raw);

// ENTRY_INVALID unless payload and opening match the header's commitment.
Status CheckPayload(const Header& header, std::string_view opening, std::string_view payload);

}  // namespace enlace::channel
