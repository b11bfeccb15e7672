#pragma once

#include <cstdint>

#include "node/store/store.h"

namespace enlace::store {

// Reads every row of every table: envelopes match and values parse as the message of
// their table. Returns the number of rows; STORE_CORRUPT names the table, never the key.
StatusOr<uint64_t> VerifyEveryRow(const Reader& reader);

}  // namespace enlace::store
