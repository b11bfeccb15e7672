#pragma once

#include <cstdint>
#include <string_view>

#include "google/protobuf/message.h"
#include "node/base/error.h"

// When a failed call may be made again, and after how long. Pure.
namespace enlace::client {

// True when `request` may be sent twice without doing its work twice: the method's name says
// that it only reads (Get, List, Tabulate, their Batch forms, Verify, Check), or the request
// has a request_id or a batch_id by which the node recognises a second arrival.
// VerifyRegionalReport is not: its calls hand in a report piece by piece.
bool IsRepeatable(std::string_view method, const google::protobuf::Message& request);

// Whether to go on after `status`: the node refused before it began, or could not be reached
// and the call is repeatable.
bool MayRetry(const Status& status, bool repeatable);

inline constexpr int64_t kFirstPauseMs = 100;
inline constexpr int64_t kPauseMsMax = 5'000;

// The pause before attempt `attempt` (1 is the first repetition): doubling, at most
// kPauseMsMax, at least what the node asked for; between half and all of it, by `random` in
// [0, 1), so that clients that failed together do not come back together.
int64_t PauseMs(int attempt, const Status& status, double random);

}  // namespace enlace::client
