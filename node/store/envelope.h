#pragma once

#include <string>
#include <string_view>

#include "node/base/error.h"
#include "node/store/tables.h"

// The value envelope: what lies around every value of every table.
//
//   version (1 byte, 1) | key id (u32) | nonce and sealed bytes, as the key id says
//
// Key id 0 means not sealed: no nonce, then CRC-32C (u32) over table (u16), key length
// (u16), key and value, then the value bare. The checksum is bound to table and key, so
// that a value which a damaged or mistaken disk hands out for another row is refused. No
// other key id exists in format 1. Golden vectors: tests/golden/envelope.txt. Pure.
namespace enlace::store {

inline constexpr size_t kEnvelopeBytes = 9;  // What Wrap adds to a value.

std::string WrapValue(Table table, std::string_view key, std::string_view value);

// The value inside; a view into `stored`. STORE_CORRUPT for anything that WrapValue did
// not make for this very row; the text names the table, never the key or the value.
StatusOr<std::string_view> UnwrapValue(Table table, std::string_view key, std::string_view stored);

}  // namespace enlace::store
