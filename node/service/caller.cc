#include "node/service/caller.h"

#include <algorithm>
#include <set>

namespace enlace::service {

StatusOr<std::string> RequireEntity(const rpc::CallContext& call) {
  if (call.caller.entity.empty()) {
    return Error(Reason::PERMISSION_DENIED,
                 "this is for reporting entities; call with the certificate of one");
  }
  return call.caller.entity;
}

bool IsPartnerOnly(const rpc::CallContext& call) {
  return call.caller.door == authz::Door::kNetwork &&
         call.caller.roles == std::set<authz::Role>{authz::Role::kPartner};
}

Status CheckRequestId(const std::string& request_id) {
  if (request_id.empty()) return absl::OkStatus();
  bool uuid = request_id.size() == 36;
  for (size_t i = 0; uuid && i < request_id.size(); ++i) {
    const char c = request_id[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    uuid = dash ? c == '-' : hex;
  }
  if (uuid) return absl::OkStatus();
  return InvalidFields(
      {{"request_id", "expected a UUID of 36 small characters", Reason::REQUEST_INVALID}});
}

StatusOr<size_t> PageSize(int32_t requested) {
  if (requested < 0) {
    return InvalidFields({{"page_size", "expected 0 or more", Reason::REQUEST_INVALID}});
  }
  if (requested == 0) return static_cast<size_t>(kPageSizeDefault);
  return static_cast<size_t>(std::min(requested, kPageSizeMax));
}

}  // namespace enlace::service
