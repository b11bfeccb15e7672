#include "node/rpc/page_token.h"

#include "enlace/exchange/v1/case_service.pb.h"
#include "gtest/gtest.h"

namespace enlace::rpc {
namespace {

using Request = exchange::v1::ListCaseRecordsRequest;

class PageTokensTest : public ::testing::Test {
 protected:
  PageTokensTest() {
    ana_.identity.id.uri = "spiffe://arg.demo/entity/police/files";
    eva_.identity.id.uri = "spiffe://arg.demo/entity/shelter/files";
  }
  static CallContext Call(const authz::Caller& caller, const std::string& method = "/a.B/List") {
    return CallContext{caller, method, "id"};
  }
  static Reason Refusal(const StatusOr<std::string>& cursor) {
    EXPECT_FALSE(cursor.ok());
    return ReasonOf(cursor.status());
  }

  authz::Caller ana_;
  authz::Caller eva_;
  Request request_;
  const PageTokens tokens_{std::string(32, 'k')};
};

TEST_F(PageTokensTest, OpensWhatItSealed) {
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{31}, size_t{32}, size_t{33}, PageTokens::kCursorMax}) {
    const std::string cursor(size, '\x81');
    const auto opened =
        tokens_.Open(Call(ana_), request_, tokens_.Seal(Call(ana_), request_, cursor));
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(*opened, cursor);
  }
}

TEST_F(PageTokensTest, NoTokenIsTheFirstPage) {
  EXPECT_EQ(*tokens_.Open(Call(ana_), request_, ""), "");
}

TEST_F(PageTokensTest, ATokenIsBoundToTheCaller) {
  const std::string token = tokens_.Seal(Call(ana_), request_, "cursor");
  EXPECT_EQ(Refusal(tokens_.Open(Call(eva_), request_, token)), Reason::PAGE_TOKEN_INVALID);
}

TEST_F(PageTokensTest, ATokenIsBoundToTheMethod) {
  const std::string token = tokens_.Seal(Call(ana_), request_, "cursor");
  EXPECT_EQ(Refusal(tokens_.Open(Call(ana_, "/a.B/Other"), request_, token)),
            Reason::PAGE_TOKEN_INVALID);
}

TEST_F(PageTokensTest, ATokenIsBoundToTheOtherParametersButNotToPageSizeAndToken) {
  const std::string token = tokens_.Seal(Call(ana_), request_, "cursor");
  Request same = request_;
  same.set_page_size(7);
  same.set_page_token(token);
  EXPECT_TRUE(tokens_.Open(Call(ana_), same, token).ok());
  exchange::v1::GetCaseRecordRequest named;
  const std::string other = tokens_.Seal(Call(ana_), named, "cursor");
  named.set_name("jurisdictions/ARG/cases/1");
  EXPECT_EQ(Refusal(tokens_.Open(Call(ana_), named, other)), Reason::PAGE_TOKEN_INVALID);
}

TEST_F(PageTokensTest, ATokenIsBoundToTheNodesKey) {
  const PageTokens other(std::string(32, 'x'));
  EXPECT_EQ(Refusal(other.Open(Call(ana_), request_, tokens_.Seal(Call(ana_), request_, "cursor"))),
            Reason::PAGE_TOKEN_INVALID);
}

TEST_F(PageTokensTest, RefusesEveryChangedByteAndLength) {
  const std::string token = tokens_.Seal(Call(ana_), request_, "a cursor of some length");
  const std::string sealed = *Base64Decode(token);
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(Refusal(tokens_.Open(Call(ana_), request_, Base64Encode(changed))),
              Reason::PAGE_TOKEN_INVALID);
    EXPECT_EQ(Refusal(tokens_.Open(Call(ana_), request_, Base64Encode(sealed.substr(0, i)) + "A")),
              Reason::PAGE_TOKEN_INVALID);
  }
  for (const std::string& wrong : {std::string("?"), std::string("AAAA"), std::string(5000, 'A')}) {
    EXPECT_EQ(Refusal(tokens_.Open(Call(ana_), request_, wrong)), Reason::PAGE_TOKEN_INVALID);
  }
}

TEST_F(PageTokensTest, DoesNotShowTheCursor) {
  const std::string token = tokens_.Seal(Call(ana_), request_, "jurisdictions/ARG/cases/secret");
  EXPECT_EQ(Base64Decode(token)->find("secret"), std::string::npos);
}

}  // namespace
}  // namespace enlace::rpc
