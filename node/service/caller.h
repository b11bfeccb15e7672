#pragma once

#include <string>

#include "node/rpc/handler.h"

// What national services ask of a caller beyond the policy table.
namespace enlace::service {

// The reporting entity that the certificate names. PERMISSION_DENIED for anybody else: a
// person owns no rows.
StatusOr<std::string> RequireEntity(const rpc::CallContext& call);

// A caller of the network door whose only role is partner: sees what all may see.
bool IsPartnerOnly(const rpc::CallContext& call);

// A request id is empty or a UUID: it must not be guessable, since it stands for content. In small
// letters, so that one UUID is one id.
Status CheckRequestId(const std::string& request_id);

inline constexpr int32_t kPageSizeDefault = 100;
inline constexpr int32_t kPageSizeMax = 1000;
// REQUEST_INVALID for a negative size.
StatusOr<size_t> PageSize(int32_t requested);

}  // namespace enlace::service
