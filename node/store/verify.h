#pragma once

#include <cstdint>
#include <functional>

#include "node/store/store.h"

namespace enlace::store {

// Reads every row of every table: envelopes match and values parse as the message of
// their table. Returns the number of rows; STORE_CORRUPT names the table, never the key.
// CALL_CANCELLED once `stopped`, which is asked at each row and at the end, says true.
StatusOr<uint64_t> VerifyEveryRow(const Reader& reader, const std::function<bool()>& stopped);

}  // namespace enlace::store
