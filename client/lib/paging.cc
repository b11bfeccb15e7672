#include "client/lib/paging.h"

#include "fmt/format.h"
#include "google/protobuf/descriptor.h"

namespace enlace::client {
namespace {

bool ListsNothing(const google::protobuf::Message& page) {
  const google::protobuf::FieldDescriptor& listed = *page.GetDescriptor()->field(0);
  const google::protobuf::Reflection& reflection = *page.GetReflection();
  return listed.is_repeated() ? reflection.FieldSize(page, &listed) == 0
                              : !reflection.HasField(page, &listed);
}

Status Endless(const std::string& why) {
  return Error(Reason::PAGE_TOKEN_INVALID,
               "the node's listing does not end: " + why + "; report it to its operator");
}

}  // namespace

Status PageGuard::Check(const google::protobuf::Message& page, const std::string& next_token) {
  if (next_token == last_ || next_token == kept_) {
    return Endless("its next page is one that was read before");
  }
  last_ = next_token;
  if (++pages_ == keep_at_) {
    kept_ = next_token;
    keep_at_ *= 2;
  }
  empty_pages_ = ListsNothing(page) ? empty_pages_ + 1 : 0;
  bytes_ += page.ByteSizeLong();
  if (empty_pages_ >= kEmptyPagesMax) {
    return Endless(fmt::format("{} pages in a row list nothing", kEmptyPagesMax));
  }
  if (pages_ >= kPagesMax) return Endless(fmt::format("it has over {} pages", kPagesMax));
  if (bytes_ > kListingBytesMax) {
    return Endless(fmt::format("it has over {} bytes", kListingBytesMax));
  }
  return Status();
}

}  // namespace enlace::client
