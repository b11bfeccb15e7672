#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "client/lib/client.h"

// Reads a paged method to its end, and no further than an honest node's listing goes.
namespace enlace::client {

// A listing longer than this is a fault of the node, not a listing.
inline constexpr int kPagesMax = 1'000'000;
inline constexpr uint64_t kListingBytesMax = uint64_t{4} << 30;
// Pages in a row that list nothing. A node looks at a million records for one page, so that a
// rare choice out of many records has such pages.
inline constexpr int kEmptyPagesMax = 1'000;

// Whether a listing has come to a fault of the node instead of its end. Not thread-safe.
class PageGuard {
 public:
  // `first_token` is where the listing begins.
  explicit PageGuard(const std::string& first_token) : last_(first_token), kept_(first_token) {}

  // One page that is not the last. What a page lists is the first field of its message.
  // PAGE_TOKEN_INVALID when no other page is to be asked for: `next_token` leads back to a page
  // that was read (told after three times as many pages as the circle and the way to it have, and
  // at once when it leads to the page itself), or a limit is passed.
  Status Check(const google::protobuf::Message& page, const std::string& next_token);

 private:
  int pages_ = 0;
  int empty_pages_ = 0;
  uint64_t bytes_ = 0;
  std::string last_;  // Of the page that is looked at.
  // One token of those that were read, a later one each time that the pages have doubled: in a
  // circle it comes again, however long the circle is (Brent).
  std::string kept_;
  int keep_at_ = 1;
};

// Calls `method` with `request`, and again with each next_page_token until there is none or
// `visit` returns false. Pages that were visited stay visited when a later one fails. The
// token of `request` is where to begin. PAGE_TOKEN_INVALID as of PageGuard.
template <typename Response, typename Request>
Status ForEachPage(Client& client, std::string_view method, Request request,
                   const std::function<bool(const Response&)>& visit) {
  PageGuard guard(request.page_token());
  while (true) {
    Response response;
    ENLACE_RETURN_IF_ERROR(client.CallRaw(method, request, response));
    if (!visit(response) || response.next_page_token().empty()) return Status();
    ENLACE_RETURN_IF_ERROR(guard.Check(response, response.next_page_token()));
    request.set_page_token(response.next_page_token());
  }
}

}  // namespace enlace::client
