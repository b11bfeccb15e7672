#include "client/lib/retry.h"

#include "client/lib/client.h"
#include "client/lib/paging.h"
#include "enlace/exchange/v1/case_service.pb.h"
#include "enlace/exchange/v1/programme_service.pb.h"
#include "gtest/gtest.h"

namespace enlace::client {
namespace {

TEST(Retry, ReadsAreRepeatable) {
  const exchange::v1::GetCaseRecordRequest request;
  for (const char* method : {"/a.B/GetCaseRecord", "/a.B/BatchGetCaseRecords",
                             "/a.B/ListCaseRecords", "/a.B/BatchTabulateCaseRecords",
                             "/a.B/TabulateCaseRecords", "/a.B/VerifyChannel", "/a.B/Check"}) {
    EXPECT_TRUE(IsRepeatable(method, request)) << method;
  }
  for (const char* method : {"/a.B/EraseCaseRecord", "/a.B/ApproveRelease", "/a.Get/Publish",
                             "/enlace.exchange.v1.ReportService/VerifyRegionalReport"}) {
    EXPECT_FALSE(IsRepeatable(method, request)) << method;
  }
}

TEST(Retry, AWriteIsRepeatableWhenTheNodeCanKnowItAgain) {
  exchange::v1::CreateCaseRecordRequest request;
  EXPECT_FALSE(IsRepeatable("/a.B/CreateCaseRecord", request));
  request.set_request_id("5f0c7a1e-0000-4000-8000-000000000000");
  EXPECT_TRUE(IsRepeatable("/a.B/CreateCaseRecord", request));
}

TEST(Retry, GoesOnOnlyWhereNothingCanHaveHappenedTwice) {
  EXPECT_TRUE(MayRetry(Error(Reason::NODE_DRAINING, ""), false));
  EXPECT_TRUE(MayRetry(Error(Reason::SIGNING_WAITS, ""), false));
  EXPECT_TRUE(MayRetry(Error(Reason::NODE_OVERLOADED, ""), false));
  EXPECT_TRUE(MayRetry(Error(Reason::PEER_UNREACHABLE, ""), true));
  EXPECT_FALSE(MayRetry(Error(Reason::PEER_UNREACHABLE, ""), false));
  EXPECT_TRUE(MayRetry(Error(Reason::CALL_CANCELLED, ""), true)) << "cut by a node that stops";
  EXPECT_FALSE(MayRetry(Error(Reason::CALL_CANCELLED, ""), false));
  for (const Reason reason : {Reason::STORE_FAILED, Reason::DEADLINE_PASSED, Reason::INTERNAL,
                              Reason::IDENTITY_UNTRUSTED, Reason::PERMISSION_DENIED}) {
    EXPECT_FALSE(MayRetry(Error(reason, ""), true));
  }
}

TEST(Retry, PausesGrowToALimit) {
  const Status status = Error(Reason::PEER_UNREACHABLE, "");
  EXPECT_EQ(PauseMs(1, status, 0), kFirstPauseMs / 2);
  EXPECT_EQ(PauseMs(2, status, 0), kFirstPauseMs);
  EXPECT_EQ(PauseMs(3, status, 0), kFirstPauseMs * 2);
  EXPECT_EQ(PauseMs(1000, status, 0), kPauseMsMax / 2);
  EXPECT_LE(PauseMs(1000, status, 0.999), kPauseMsMax);
  EXPECT_GT(PauseMs(1000, status, 0.999), kPauseMsMax * 9 / 10);
}

TEST(Retry, WaitsAtLeastAsLongAsTheNodeAsked) {
  const auto asked = [](const std::string& ms) {
    return Error(Reason::NODE_OVERLOADED, "", {{"retry_delay_ms", ms}});
  };
  EXPECT_EQ(PauseMs(1, asked("900"), 0), 900);
  EXPECT_EQ(PauseMs(1, asked("99999999"), 0), kPauseMsMax);
  EXPECT_EQ(PauseMs(1, asked("-5"), 0), kFirstPauseMs / 2);
  EXPECT_EQ(PauseMs(1, asked("soon"), 0), kFirstPauseMs / 2);
}

// Gives pages "1", "2", ... as many as told; a token is the number of the next page.
class Pages final : public Client {
 public:
  explicit Pages(int count) : count_(count) {}
  Status CallRaw(std::string_view, const google::protobuf::Message& request,
                 google::protobuf::Message& response) override {
    const auto& list = static_cast<const exchange::v1::ListProgrammesRequest&>(request);
    auto& page = static_cast<exchange::v1::ListProgrammesResponse&>(response);
    ++calls;
    const int number = list.page_token().empty() ? 1 : std::stoi(list.page_token());
    if (number == fails_at) return Error(Reason::PAGE_TOKEN_INVALID, "");
    if (!empty) page.add_programmes();
    if (number >= count_) return Status();
    page.set_next_page_token(std::to_string(number == circle_from ? circle_to : number + 1));
    return Status();
  }
  StatusOr<std::string> CallForBytes(std::string_view, const google::protobuf::Message&) override {
    return Error(Reason::INTERNAL, "pages are read as messages");
  }
  std::unique_ptr<Stream> OpenStream(std::string_view) override { return nullptr; }
  int calls = 0;
  int fails_at = 0;
  int circle_from = 0;
  int circle_to = 0;
  bool empty = false;

 private:
  const int count_;
};

Status Visit(Pages& pages, int stop_after, int* visited) {
  using Response = exchange::v1::ListProgrammesResponse;
  *visited = 0;
  return ForEachPage<Response>(pages, "/a.B/ListProgrammes", exchange::v1::ListProgrammesRequest(),
                               [&](const Response&) { return ++*visited != stop_after; });
}

TEST(Paging, ReadsToTheEnd) {
  Pages pages(5);
  int visited = 0;
  EXPECT_TRUE(Visit(pages, 0, &visited).ok());
  EXPECT_EQ(visited, 5);
}

TEST(Paging, StopsWhenToldTo) {
  Pages pages(5);
  int visited = 0;
  EXPECT_TRUE(Visit(pages, 2, &visited).ok());
  EXPECT_EQ(pages.calls, 2);
}

TEST(Paging, ReportsAFailedPage) {
  Pages pages(5);
  pages.fails_at = 3;
  int visited = 0;
  EXPECT_FALSE(Visit(pages, 0, &visited).ok());
  EXPECT_EQ(visited, 2);
}

TEST(Paging, LeavesAPageThatNamesItselfAsTheNextAtOnce) {
  for (const int page : {1, 2, 3, 700}) {
    Pages pages(1000);
    pages.circle_from = page;
    pages.circle_to = page;
    int visited = 0;
    EXPECT_EQ(ReasonOf(Visit(pages, 0, &visited)), Reason::PAGE_TOKEN_INVALID);
    EXPECT_LE(visited, page + 1);  // The first page has no token by which it could name itself.
  }
}

TEST(Paging, LeavesAListingThatGoesInACircle) {
  for (const int page : {3, 100, 700, 999}) {
    for (const int back_to : {1, 2, page / 2, page - 1}) {
      Pages pages(1000);
      pages.circle_from = page;
      pages.circle_to = back_to;
      int visited = 0;
      const Status status = Visit(pages, 0, &visited);
      EXPECT_EQ(ReasonOf(status), Reason::PAGE_TOKEN_INVALID);
      EXPECT_NE(MessageOf(status).find("was read before"), std::string::npos) << status;
      EXPECT_LE(visited, 3 * page + 1) << page << " to " << back_to;
    }
  }
}

TEST(Paging, HasALimitOnPagesThatListNothing) {
  Pages few(kEmptyPagesMax);
  few.empty = true;
  int visited = 0;
  EXPECT_TRUE(Visit(few, 0, &visited).ok());
  Pages many(kEmptyPagesMax + 5);
  many.empty = true;
  const Status status = Visit(many, 0, &visited);
  EXPECT_EQ(ReasonOf(status), Reason::PAGE_TOKEN_INVALID);
  EXPECT_NE(MessageOf(status).find("list nothing"), std::string::npos) << status;
  EXPECT_EQ(visited, kEmptyPagesMax);
}

TEST(Paging, HasALimitOnBytes) {
  PageGuard guard("");
  exchange::v1::ListProgrammesResponse page;
  page.add_programmes()->set_etag(std::string(size_t{64} << 20, 'x'));
  Status status;
  uint64_t pages = 0;
  while (status.ok() && pages < 1000) status = guard.Check(page, std::to_string(++pages));
  EXPECT_EQ(ReasonOf(status), Reason::PAGE_TOKEN_INVALID);
  EXPECT_EQ(pages, kListingBytesMax / (64 << 20));
}

TEST(Paging, HasALimitOnPages) {
  Pages pages(kPagesMax + 5);
  int visited = 0;
  EXPECT_EQ(ReasonOf(Visit(pages, 0, &visited)), Reason::PAGE_TOKEN_INVALID);
  EXPECT_EQ(visited, kPagesMax);
}

TEST(Client, RefusesOptionsItCannotUse) {
  const auto reason = [](const ClientOptions& options) {
    const auto client = Client::Make(options);
    EXPECT_FALSE(client.ok());
    return ReasonOf(client.status());
  };
  ClientOptions options;
  options.endpoint = "127.0.0.1:1";
  options.certificate_file = "/nowhere/a.crt";
  options.private_key_file = "/nowhere/a.key";
  EXPECT_EQ(reason(options), Reason::FILE_UNREADABLE);
  options.timeout_ms = 0;
  EXPECT_EQ(reason(options), Reason::CONFIG_INVALID);
}

}  // namespace
}  // namespace enlace::client
