#pragma once

#include <cstddef>
#include <string_view>

#include "google/protobuf/descriptor.h"
#include "node/base/error.h"

// Looks at the raw bytes of a request before anything is allocated for them. A parser
// makes some 100 bytes of objects out of two bytes of wire, keeps fields it does not know
// and lets the last of two equal fields win; a request must do none of that. Pure.
//
// Answers that nodes exchange are not scanned: a mirror keeps bytes it does not understand.
namespace enlace::rpc {

// Messages within messages. Our deepest request needs 6.
inline constexpr int kNestingMax = 32;

// OK when `bytes` are a message of `type` that the parser will accept, with at most
// `elements_max` elements (tags and members of packed fields, at all depths), a tenth of them
// messages.
// REQUEST_TOO_LARGE: more elements or deeper nesting.
// REQUEST_UNKNOWN_FIELD: a field number that `type` does not have, at any depth.
// REQUEST_MALFORMED: cut off, a wire type that is not the field's, a group, a singular
// field or a oneof given twice, a string that is not UTF-8.
// Texts name types, fields and byte positions, never a value.
Status ScanWire(std::string_view bytes, const google::protobuf::Descriptor& type,
                size_t elements_max);

// True for well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
bool IsUtf8(std::string_view text);

}  // namespace enlace::rpc
