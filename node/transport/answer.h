#pragma once

#include <cstddef>
#include <string_view>

#include "google/protobuf/message.h"
#include "node/base/error.h"

// Taking another node's answer. A parser makes some 100 bytes of objects out of two bytes
// of wire, so the raw bytes are counted before it runs. Unlike a request (rpc/wire_scan.h)
// an answer may hold fields that we do not know: they are kept. Pure.
namespace enlace::transport {

struct AnswerLimits {
  int bytes_max = 16 << 20;
  size_t elements_max = 2'000'000;  // Tags and members of packed fields, at all depths.
};
// Of peers, which are not trusted: a page is 1 MiB and one entry, at most 1,000 entries.
inline constexpr AnswerLimits kPeerAnswers{3 << 20, 20'000};

// Messages within messages.
inline constexpr int kAnswerNestingMax = 32;

// REQUEST_TOO_LARGE: more bytes, elements or nesting than that; nothing was parsed.
// REQUEST_MALFORMED: other bytes than those of `message`.
Status ParseAnswer(std::string_view bytes, const AnswerLimits& limits,
                   google::protobuf::Message& message);

}  // namespace enlace::transport
