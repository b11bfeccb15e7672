#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "client/lib/client.h"

// Reads a paged method to its end.
namespace enlace::client {

// A listing longer than this is a fault of the node, not a listing.
inline constexpr int kPagesMax = 1'000'000;

// Calls `method` with `request`, and again with each next_page_token until there is none or
// `visit` returns false. Pages that were visited stay visited when a later one fails. The
// token of `request` is where to begin. PAGE_TOKEN_INVALID when the node gives the same token
// twice in a row.
template <typename Response, typename Request>
Status ForEachPage(Client& client, std::string_view method, Request request,
                   const std::function<bool(const Response&)>& visit) {
  for (int page = 0; page < kPagesMax; ++page) {
    Response response;
    ENLACE_RETURN_IF_ERROR(client.CallRaw(method, request, response));
    if (!visit(response) || response.next_page_token().empty()) return Status();
    if (response.next_page_token() == request.page_token()) break;
    request.set_page_token(response.next_page_token());
  }
  return Error(Reason::PAGE_TOKEN_INVALID,
               "the node's listing does not end; report it to its operator");
}

}  // namespace enlace::client
