#include "node/rpc/page_token.h"

#include <memory>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "node/base/check.h"
#include "node/crypto/hash.h"

namespace enlace::rpc {
namespace {

constexpr size_t kTagSize = 16;
// Base64 of tag and longest cursor, with room for padding.
constexpr size_t kTokenMax = (kTagSize + PageTokens::kCursorMax + 2) / 3 * 4 + 4;

// All parameters but where and how many, in one byte order.
std::string Parameters(const Message& request) {
  const std::unique_ptr<Message> copy(request.New());
  copy->CopyFrom(request);
  for (const char* name : {"page_token", "page_size"}) {
    const auto* field = request.GetDescriptor()->FindFieldByName(name);
    if (field != nullptr) copy->GetReflection()->ClearField(copy.get(), field);
  }
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  ENLACE_CHECK(copy->SerializeToCodedStream(&coded));
  coded.Trim();
  return bytes;
}

void AppendPart(std::string& out, std::string_view part) {
  AppendU32(out, static_cast<uint32_t>(part.size()));
  out += part;
}

Status Invalid() {
  return Error(Reason::PAGE_TOKEN_INVALID,
               "expected a page token that this node made for this caller and the same other "
               "parameters; start again without a token");
}

}  // namespace

PageTokens::PageTokens(std::string_view key)
    : tag_key_(AsView(crypto::HmacSha256(key, "enlace/page-token/tag/v1"))),
      mask_key_(AsView(crypto::HmacSha256(key, "enlace/page-token/mask/v1"))) {
  ENLACE_CHECK(key.size() == 32);
}

std::string PageTokens::Tag(const CallContext& call, const Message& request,
                            std::string_view cursor) const {
  std::string scope;
  AppendPart(scope, call.caller.Name());
  AppendPart(scope, call.method);
  AppendPart(scope, Parameters(request));
  AppendPart(scope, cursor);
  return std::string(AsView(crypto::HmacSha256(tag_key_, scope)).substr(0, kTagSize));
}

std::string PageTokens::Mask(std::string_view tag, std::string_view text) const {
  std::string out(text);
  for (size_t at = 0; at < out.size(); at += sizeof(Hash)) {
    std::string block(tag);
    AppendU32(block, static_cast<uint32_t>(at));
    const Hash mask = crypto::HmacSha256(mask_key_, block);
    for (size_t i = 0; i < mask.size() && at + i < out.size(); ++i) {
      out[at + i] = static_cast<char>(static_cast<uint8_t>(out[at + i]) ^ mask[i]);
    }
  }
  return out;
}

std::string PageTokens::Seal(const CallContext& call, const Message& request,
                             std::string_view cursor) const {
  ENLACE_CHECK(cursor.size() <= kCursorMax);
  const std::string tag = Tag(call, request, cursor);
  return Base64Encode(tag + Mask(tag, cursor));
}

StatusOr<std::string> PageTokens::Open(const CallContext& call, const Message& request,
                                       std::string_view token) const {
  if (token.empty()) return std::string();
  if (token.size() > kTokenMax) return Invalid();
  const std::optional<std::string> sealed = Base64Decode(token);
  if (!sealed.has_value() || sealed->size() < kTagSize) return Invalid();
  const std::string tag = sealed->substr(0, kTagSize);
  std::string cursor = Mask(tag, std::string_view(*sealed).substr(kTagSize));
  if (!crypto::ConstantTimeEqual(tag, Tag(call, request, cursor))) return Invalid();
  return cursor;
}

}  // namespace enlace::rpc
