#pragma once

#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "node/base/bytes.h"
#include "node/base/error.h"
#include "node/rpc/handler.h"

// Page tokens: where a listing goes on, sealed so that a caller can neither read nor forge
// it, and bound to the caller, the method and the other parameters of the request.
//
// Sealing is deterministic (the same place gives the same token) and made of HMAC-SHA-256
// alone: the tag is an HMAC of scope and place, and the place is masked with an HMAC of the
// tag. Thread-safe.
namespace enlace::rpc {

class PageTokens {
 public:
  static constexpr size_t kCursorMax = 1024;

  // `key` is this node's own: 32 random bytes. Tokens end with it.
  // REQUIRES: key.size() == 32.
  explicit PageTokens(std::string_view key);

  // The token for going on at `cursor` with `request`. REQUIRES: at most kCursorMax bytes.
  std::string Seal(const CallContext& call, const Message& request, std::string_view cursor) const;
  // The cursor; empty for an empty token (the first page). PAGE_TOKEN_INVALID when the token
  // is not one of this node's for this caller, this method and these parameters. Fields
  // named page_token and page_size are no parameters: pages may differ in size.
  StatusOr<std::string> Open(const CallContext& call, const Message& request,
                             std::string_view token) const;

 private:
  std::string Tag(const CallContext& call, const Message& request, std::string_view cursor) const;
  std::string Mask(std::string_view tag, std::string_view text) const;

  std::string tag_key_;
  std::string mask_key_;
};

}  // namespace enlace::rpc
