#pragma once

#include <string>
#include <string_view>

#include "google/protobuf/message_lite.h"
#include "node/base/error.h"

// Values of tables as bytes. Serialisation is deterministic (maps in key order), so that
// equal rows are equal bytes and golden vectors can pin them. Pure.
namespace enlace::store {

std::string SerializeRow(const google::protobuf::MessageLite& row);

// STORE_CORRUPT, naming the table and nothing of the row, unless the bytes parse.
Status ParseRow(std::string_view bytes, std::string_view table, google::protobuf::MessageLite& row);

}  // namespace enlace::store
