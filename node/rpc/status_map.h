#pragma once

#include <string>
#include <string_view>

#include "node/base/error.h"

// What a caller learns of a failure: our Status as gRPC code, text and google.rpc details.
// Pure; knows no gRPC, so that another front end can use it. The way back is
// transport/remote_status.h.
namespace enlace::rpc {

inline constexpr char kErrorDomain[] = "enlace";
// Texts are cut here, so that an answer fits in gRPC's 8 KiB of trailing metadata, where
// every text stands twice and once in base64.
inline constexpr size_t kErrorTextMax = 1024;
inline constexpr size_t kViolationsMax = 12;

struct WireStatus {
  int code = 0;  // google.rpc.Code.
  std::string message;
  std::string details;  // Serialised google.rpc.Status for grpc-status-details-bin.
};

// REQUIRES: !status.ok(). ErrorInfo (reason, domain, metadata) and RequestInfo always,
// BadRequest for field violations (the first 12; all are counted in the metadata),
// RetryInfo where the metadata has retry_delay_ms. A fault of the node, and any status that
// was not made by Error(), leaves as a fixed text with the request id and nothing else.
WireStatus ToWire(const Status& status, std::string_view request_id);

// Whether a failure is no answer to the caller's request but trouble of this node's own code,
// disk or files. Its text may hold paths and words of other libraries: it is for the log.
bool IsFaultOfNode(Reason reason);

}  // namespace enlace::rpc
